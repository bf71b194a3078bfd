/// A table for a person: columns as wide as what stands in them.
struct TextTable {
    private var rows: [[String]]

    /// - Parameter header: What stands above the columns.
    init(_ header: [String]) { rows = [header] }

    /// - Parameter row: A cell for each column.
    mutating func add(_ row: [String]) { rows.append(row) }

    /// The lines, with the header first.
    ///
    /// - Parameter indentation: What each begins with.
    func text(indentation: String = "") -> String {
        let widths = rows[0].indices.map { column in rows.map { Self.width(of: $0[column]) }.max() ?? 0 }
        return rows.map { row in
            let padded = zip(row, widths).dropLast().map { cell, width in
                cell + String(repeating: " ", count: width - Self.width(of: cell) + 2)
            }
            return indentation + padded.joined() + (row.last ?? "")
        }.joined(separator: "\n")
    }

    private static func width(of text: String) -> Int { text.reduce(0) { $0 + $1.terminalColumns } }
}
