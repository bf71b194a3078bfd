import ArgumentParser
import Fanfare

/// What somebody who misspelt a command most probably meant.
struct CommandAdvice {
    private let arguments: [String]

    /// - Parameter arguments: The program's, without its own name.
    init(_ arguments: [String]) { self.arguments = arguments }

    /// `Did you mean: fanfare audience list?`; nil where no command was misspelt, or none is near.
    var text: String? {
        var command: any ParsableCommand.Type = FanfareCommand.self
        var path = ["fanfare"]
        for argument in arguments where !argument.hasPrefix("-") {
            let commands = command.configuration.subcommands
            if commands.isEmpty { return nil }
            if let next = commands.first(where: { $0.configuration.commandName == argument }) {
                command = next
                path.append(argument)
                continue
            }
            let names = commands.compactMap { $0.configuration.commandName }
            return nearestName(to: argument, among: names)
                .map { "Did you mean: \((path + [$0]).joined(separator: " "))?" }
        }
        return nil
    }
}
