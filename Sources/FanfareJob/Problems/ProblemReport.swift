extension JobSource {
    /// The problems as an operator reads them: each with file, line and column, the line's text and a caret under the
    /// place (as far as they show no secret), what is accepted, and what was probably meant.
    public func report(_ problems: [JobProblem]) -> String {
        let most = 50
        var blocks = problems.prefix(most).map(report)
        if problems.count > most { blocks.append("… and \(problems.count - most) more") }
        return blocks.joined(separator: "\n\n")
    }

    private func report(_ problem: JobProblem) -> String {
        var text = file.safeForTerminal
        if let place = problem.place { text += ":\(place.line):\(place.column)" }
        text += ": \(problem.message)"
        if let place = problem.place, let excerpt = excerpt(at: place) { text += "\n" + excerpt }
        if let accepted = problem.accepted { text += "\n    accepted: \(accepted)" }
        if let suggestion = problem.suggestion { text += "\n    \(suggestion)" }
        return text
    }

    /// The line and a caret; nil when nothing of the line may be shown.
    private func excerpt(at place: Place) -> String? {
        guard let line = line(place.line), line.text.contains(where: { !$0.isWhitespace }) else { return nil }
        let number = String(place.line)
        let margin = String(repeating: " ", count: max(0, 5 - number.count)) + number + " | "
        let scalars = line.text.unicodeScalars
        var text = margin + String(scalars.prefix(200)).safeForTerminal
        if line.isCut || scalars.count > 200 { text += "…" }
        let before = place.column - 1
        if before <= min(scalars.count, 200) {
            text += "\n" + String(repeating: " ", count: 5) + " | "
            text += String(repeating: " ", count: String(scalars.prefix(before)).safeForTerminal.columns) + "^"
        }
        return text
    }
}

extension String {
    /// The text with every character escaped that could disturb a terminal, a tab as two spaces.
    fileprivate var safeForTerminal: String {
        unicodeScalars.reduce(into: "") { $0 += $1 == "\t" ? "  " : $1.safeForTerminal }
    }

    /// How many columns of a terminal the text takes: two for each East Asian or emoji character, none for an accent.
    fileprivate var columns: Int {
        reduce(0) { count, character in
            let value = character.unicodeScalars.first?.value ?? 0
            let isWide =
                (0x1100...0x115F).contains(value) || (0x2E80...0xA4CF).contains(value)
                || (0xAC00...0xD7A3).contains(value) || (0xF900...0xFAFF).contains(value)
                || (0xFE30...0xFE6F).contains(value) || (0xFF00...0xFF60).contains(value)
                || (0xFFE0...0xFFE6).contains(value) || (0x1F300...0x1FAFF).contains(value)
                || (0x20000...0x3FFFD).contains(value)
            return count + (isWide ? 2 : 1)
        }
    }
}
