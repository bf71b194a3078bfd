import ArgumentParser
import Fanfare

/// What somebody who misspelt a command most probably meant.
struct CommandAdvice {
    private let arguments: [String]

    /// - Parameter arguments: The program's, without its own name.
    init(_ arguments: [String]) { self.arguments = arguments }

    /// What is wrong with asking for help with a command that there is not; nil: nothing. The parser itself shows the
    /// help of the last command that there is.
    var problemOfHelp: String? {
        guard arguments.first == "help" else { return nil }
        var commands = FanfareCommand.configuration.subcommands
        var path = "fanfare"
        for name in arguments.dropFirst() where !name.hasPrefix("-") && name != "help" {
            if commands.isEmpty { return nil }
            guard let next = commands.first(where: { $0.configuration.commandName == name }) else {
                let near = nearestName(to: name, among: commands.compactMap { $0.configuration.commandName })
                return "fanfare: there is no command \"\(path) \(name)\""
                    + (near.map { "\nDid you mean: \(path) \($0)?" } ?? "")
            }
            commands = next.configuration.subcommands
            path += " \(name)"
        }
        return nil
    }

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
