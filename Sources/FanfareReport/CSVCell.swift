/// Cells of files that spreadsheets open.
public enum CSVCell {
    /// A cell as RFC 4180 wants it. A spreadsheet would run what begins like a formula, and addresses are chosen by
    /// whoever signs up: such a cell begins with an apostrophe instead, which spreadsheets take for "this is text".
    public static func text(of value: String) -> String {
        let isFormula = value.first.map { "=+-@\t\r".contains($0) } ?? false
        let text = isFormula ? "'" + value : value
        guard text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }
}
