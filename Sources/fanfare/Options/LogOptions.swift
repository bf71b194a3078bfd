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

    private static let accepted = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")

    func validate() throws { _ = try level }

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

/// Lines such as `2026-11-27T08:00:00Z warning: receiver is down (reason: status 503)`.
private struct ScreenLog: LogHandler {
    let screen: Screen
    var logLevel = Logger.Level.warning
    var metadata: Logger.Metadata = [:]

    init(screen: Screen) { self.screen = screen }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        let details = all.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
        let time = Date.now.formatted(.iso8601)
        screen.interject("\(time) \(event.level): \(event.message)" + (details.isEmpty ? "" : " (\(details))"))
    }
}
