import ArgumentParser
import Fanfare
import Foundation

/// A file of addresses, one a line.
struct SuppressionFile {
    /// A line that is no address.
    private struct Fault {
        /// From 1, as an editor counts.
        let line: Int
        let text: String
    }

    /// Bad lines that are shown: more of them are the wrong file.
    private static let shown = 10

    /// What its lines are, good or not.
    private(set) var addresses: [String] = []
    private var faults: [Fault] = []

    /// - Parameter text: Of the file.
    init(_ text: String) {
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        var isFirst = true
        for (index, line) in lines.enumerated() {
            let address = line.trimmingCharacters(in: Self.blanks)
            if address.isEmpty { continue }
            defer { isFirst = false }
            if isFirst, Self.isHeader(address) { continue }
            addresses.append(address)
            if let text = SuppressionList.fault(of: address) { faults.append(Fault(line: index + 1, text: text)) }
        }
    }

    /// Names the lines that are no address, and ends the command if there are any.
    ///
    /// - Parameter name: Of the file.
    /// - Throws: `ExitCode.invalid`.
    func requireAddresses(_ name: String) throws {
        guard !faults.isEmpty else { return }
        let count = HumanText.count(faults.count, "line")
        let verb = faults.count == 1 ? "is no address" : "are no addresses"
        let terminal = Terminal.standardError
        terminal.line("fanfare: \(name): \(count) \(verb), and nothing of the file was taken:")
        for fault in faults.prefix(Self.shown) {
            terminal.line("  line \(fault.line): \(VisibleText.text(fault.text))")
        }
        if faults.count > Self.shown {
            terminal.line("  and \(HumanText.count(Int64(faults.count - Self.shown))) more")
        }
        throw ExitCode.invalid
    }

    /// White space, and the mark that some programs begin a file with.
    private static let blanks = CharacterSet.whitespaces.union(CharacterSet(charactersIn: "\u{FEFF}"))

    /// As an import of contacts knows the column of addresses, which may stand in quotes; no address is without `@`.
    private static func isHeader(_ line: String) -> Bool {
        let name = line.trimmingCharacters(in: CharacterSet(charactersIn: "\"")).lowercased()
        return ["email", "email_address", "email address"].contains(name)
    }
}
