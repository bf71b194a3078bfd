import Glibc

/// What standard error can show, and where lines are drawn over each other.
struct Terminal {
    private let descriptor: Int32
    private var drawn = 0

    /// Standard error: results go to standard output, everything that moves goes here.
    static var standardError: Terminal { Terminal(descriptor: STDERR_FILENO) }

    /// Standard output.
    static var standardOutput: Terminal { Terminal(descriptor: STDOUT_FILENO) }

    init(descriptor: Int32) { self.descriptor = descriptor }

    /// Whether a person looks at it.
    var isInteractive: Bool {
        isatty(descriptor) == 1 && environment("TERM") != "dumb"
    }

    /// Colours, unless `NO_COLOR` is set (https://no-color.org).
    var showsColours: Bool { isInteractive && (environment("NO_COLOR") ?? "").isEmpty }

    /// Columns; 80 where nobody knows.
    var width: Int {
        var size = winsize()
        return ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
    }

    /// Draws lines in the place of those drawn last.
    mutating func redraw(_ lines: [String]) {
        var text = drawn > 0 ? "\u{1B}[\(drawn)A" : ""
        let width = width
        for line in lines { text += "\r\u{1B}[2K\(Self.clipped(line, to: width))\n" }
        write(text)
        drawn = lines.count
    }

    /// Draws one line over the one it stands on.
    func overwrite(_ text: String) { write("\r\u{1B}[2K" + Self.clipped(text, to: width)) }

    /// Ends what ``overwrite(_:)`` drew with a line that stays.
    func finishOverwritten(_ text: String) { write((isInteractive ? "\r\u{1B}[2K" : "") + text + "\n") }

    /// Writes one line.
    func line(_ text: String) { write(text + "\n") }

    /// Writes one line in the place of what is drawn, which is drawn anew below it.
    mutating func interject(_ text: String) {
        let clear = drawn > 0 ? "\u{1B}[\(drawn)A\r\u{1B}[J" : "\r\u{1B}[2K"
        write((isInteractive ? clear : "") + text + "\n")
        drawn = 0
    }

    /// As much of a line as fits: one that wraps could not be drawn over. Colours take no room, and are ended.
    static func clipped(_ line: String, to width: Int) -> String {
        var result = ""
        var room = width
        var isEscape = false
        for character in line {
            if character == "\u{1B}" { isEscape = true }
            let columns = isEscape ? 0 : character.terminalColumns
            if isEscape || columns < room {
                result.append(character)
                room -= columns
            } else if room > 0 {
                result.append("…")
                room = 0
            }
            if isEscape, character.unicodeScalars.first == "m" { isEscape = false }
        }
        return result
    }

    private func write(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            // A terminal that is gone must not end a run.
            if written < 0 && errno != EINTR { return }
            if written > 0 { rest = rest.dropFirst(written) }
        }
    }

    private func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}
