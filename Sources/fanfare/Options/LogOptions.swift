import ArgumentParser
import Foundation
import Logging

/// How much a log on standard error says.
struct LogOptions: ParsableArguments {
    @Option(
        name: .customLong("log-level"),
        help: ArgumentHelp(
            "What is logged: \(Self.accepted) (FANFARE_LOG_LEVEL). (default: warning)",
            valueName: "level"
        )
    )
    var given: String?

    @Option(
        name: .customLong("log-format"),
        help: ArgumentHelp(
            "How standard error is written: text, or json, one object a line, progress included "
                + "(FANFARE_LOG_FORMAT). (default: text)",
            valueName: "format"
        )
    )
    var givenFormat: String?

    private static let accepted = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")

    func validate() throws {
        _ = try level
        _ = try format
    }

    /// How standard error is written.
    var format: LogFormat {
        get throws {
            let (name, text) =
                givenFormat.map { ("--log-format", $0) }
                ?? ("FANFARE_LOG_FORMAT", Environment.value("FANFARE_LOG_FORMAT") ?? LogFormat.text.rawValue)
            guard let format = LogFormat(rawValue: text) else {
                let accepted = LogFormat.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("\(name): \"\(text)\" is no format; accepted: \(accepted)")
            }
            return format
        }
    }

    /// How standard error is to be written for all that the parser says, which may never come to read the option; what
    /// is no format is told as text.
    static func format(beforeParsing arguments: [String]) -> LogFormat {
        let option = "--log-format"
        var text = Environment.value("FANFARE_LOG_FORMAT")
        for (index, argument) in arguments.prefix(while: { $0 != "--" }).enumerated() {
            if argument == option, index + 1 < arguments.count { text = arguments[index + 1] }
            if argument.hasPrefix(option + "=") { text = String(argument.dropFirst(option.count + 1)) }
        }
        return text.flatMap(LogFormat.init(rawValue:)) ?? .text
    }

    private var level: Logger.Level {
        get throws {
            let (name, text) =
                given.map { ("--log-level", $0) }
                ?? ("FANFARE_LOG_LEVEL", Environment.value("FANFARE_LOG_LEVEL") ?? Logger.Level.warning.rawValue)
            guard let level = Logger.Level(rawValue: text) else {
                throw ValidationError("\(name): \"\(text)\" is no level; accepted: \(Self.accepted)")
            }
            return level
        }
    }

    /// A log whose lines stand above what the screen shows.
    func logger(_ screen: Screen) throws -> Logger {
        var handler = ScreenLog(screen: screen)
        handler.logLevel = try level
        return Logger(label: "fanfare") { _ in handler }
    }
}
