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
