import NIOConcurrencyHelpers

/// Standard error, on which a progress view and a log's lines do not spoil each other. Any thread.
final class Screen: Sendable {
    private let terminal = NIOLockedValueBox(Terminal.standardError)

    /// Draws lines in the place of those drawn last.
    func redraw(_ lines: [String]) { terminal.withLockedValue { $0.redraw(lines) } }

    /// Writes a line above what is drawn.
    func interject(_ line: String) { terminal.withLockedValue { $0.interject(line) } }
}
