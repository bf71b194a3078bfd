import Foundation
import Logging
import NIOConcurrencyHelpers

/// Standard error, on which a progress view and a log's lines do not spoil each other. Any thread.
final class Screen: Sendable {
    private struct State {
        var terminal = Terminal.standardError
        var format: LogFormat
    }

    private let state: NIOLockedValueBox<State>

    /// - Parameter format: How it is written.
    init(format: LogFormat = .text) { state = NIOLockedValueBox(State(format: format)) }

    /// How it is written.
    var format: LogFormat {
        get { state.withLockedValue { $0.format } }
        set { state.withLockedValue { $0.format = newValue } }
    }

    /// Whether a person looks at it, and lines may be drawn over each other.
    var isInteractive: Bool { state.withLockedValue { $0.format == .text && $0.terminal.isInteractive } }

    /// Draws lines in the place of those drawn last.
    func redraw(_ lines: [String]) { state.withLockedValue { $0.terminal.redraw(lines) } }

    /// Writes a line above what is drawn.
    func interject(_ line: String) { state.withLockedValue { $0.terminal.interject(line) } }

    /// A line of the log.
    func log(_ level: Logger.Level, _ message: String, _ details: Logger.Metadata) {
        let line = LogLine(time: .now, level: level, message: message, details: details)
        state.withLockedValue { state in
            switch state.format {
            case .text: state.terminal.interject(line.text)
            case .json: state.terminal.line(line.json)
            }
        }
    }

    /// What a command says to whoever started it, whatever the log's level: as it is, or as a line of the log.
    ///
    /// - Parameters:
    ///   - level: How grave it is.
    ///   - text: What it says.
    ///   - prefix: What stands before it for people, who are not shown its level.
    ///   - details: What a program wants to know of it.
    func say(_ level: Logger.Level, _ text: String, prefix: String = "", _ details: Logger.Metadata = [:]) {
        if format == .json { return log(level, text, details) }
        state.withLockedValue { $0.terminal.finishOverwritten(prefix + text) }
    }
}
