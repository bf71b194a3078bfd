import ArgumentParser
import Fanfare
import Foundation

/// How a list is printed.
enum ListFormat: String, ExpressibleByArgument, CaseIterable { case table, csv, jsonl }

/// The options that say how a list is printed.
struct ListFormatOptions: ParsableArguments {
    @Option(name: .customLong("format"), help: "How to print: table, csv or jsonl. (default: table)")
    var givenFormat: ListFormat?
    @Flag(help: "Print JSON, one object a line: the same as --format jsonl.")
    var json = false

    func validate() throws {
        if json, let givenFormat, givenFormat != .jsonl {
            throw ValidationError("--json and --format \(givenFormat.rawValue) exclude each other")
        }
    }

    var format: ListFormat { json ? .jsonl : givenFormat ?? .table }
}

/// Prints a list line by line, buffered, in the format asked for.
struct ListPrinter {
    /// One line in each format.
    struct Line {
        let table: [String]
        let csv: [String]
        let json: any Encodable
        /// What stands below it in a table.
        var below = ""
    }

    private let format: ListFormat
    /// The least width of each column of a table but the last.
    private let widths: [Int]
    private var output = ResultOutput()
    private let encoder: JSONEncoder

    /// - Parameters:
    ///   - format: How it is printed.
    ///   - widths: The least width of each column of a table but the last.
    init(_ format: ListFormat, widths: [Int]) {
        (self.format, self.widths) = (format, widths)
        encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    }

    mutating func begin(table: [String], csv: [String]) throws {
        switch format {
        case .table: try write(columns(table))
        case .csv: try write(csv.joined(separator: ",") + "\n")
        case .jsonl: break
        }
    }

    mutating func print(_ line: Line) throws {
        switch format {
        case .table: try write(columns(line.table) + line.below)
        case .csv: try write(line.csv.map(CSVCell.text(of:)).joined(separator: ",") + "\n")
        case .jsonl:
            try output.write(try encoder.encode(line.json))
            try write("\n")
        }
    }

    /// Shows what was printed so far.
    mutating func flush() throws { try output.flush() }

    private func columns(_ texts: [String]) -> String {
        let padded = zip(texts, widths).map { $0 + String(repeating: " ", count: max(1, $1 - $0.count)) }
        return padded.joined() + (texts.last ?? "") + "\n"
    }

    private mutating func write(_ text: String) throws { try output.write(text.utf8) }
}
