import Foundation

/// What a contact is known by, wherever it stands in an operation or its result: its address, and the ids that programs
/// call it by.
public struct BatchMention: Sendable, Hashable {
    /// In lower case.
    let words: [String]

    /// - Parameter words: The address and ids; case does not count.
    public init(_ words: [String]) { self.words = words.filter { !$0.isEmpty }.map { $0.lowercased() } }

    /// The status of an operation that was not done, as it names a contact that was erased.
    static let status = 410
    /// In the place of what named a contact that was erased.
    static let note = """
        {"title":"Gone","status":410,"detail":"This named a member that was deleted for good."}
        """

    /// What a caller calls an operation by, unless that names somebody who was erased.
    static func name(of operation: BatchOperation, without mentions: [BatchMention]) -> String {
        mentions.contains { $0.isIn(operation.id) } ? "" : operation.id
    }

    func isIn(_ operation: BatchOperation) -> Bool {
        isIn(operation.path.removingPercentEncoding ?? operation.path) || isIn(operation.id)
            || operation.body.map(isIn) ?? false
    }

    /// - Parameter text: JSON, or any text.
    func isIn(_ text: String) -> Bool {
        let plain = Self.unescaped(text).lowercased()
        return words.contains { plain.contains($0) }
    }

    /// A text in which characters that JSON lets one write by their numbers stand as themselves.
    static func unescaped(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "\\")) else { return text }
        var units: [UInt16] = []
        units.reserveCapacity(text.utf16.count)
        var rest = Array(text.utf16)[...]
        let (backslash, u, slash) = (UInt16(0x5C), UInt16(0x75), UInt16(0x2F))
        while let unit = rest.popFirst() {
            guard unit == backslash, let next = rest.first else {
                units.append(unit)
                continue
            }
            rest.removeFirst()
            let digits = String(decoding: rest.prefix(4), as: UTF16.self)
            if next == u, digits.utf8.count == 4, let number = UInt16(digits, radix: 16) {
                units.append(number)
                rest.removeFirst(4)
            } else if next == slash {
                units.append(slash)
            } else {
                // An escaped backslash begins no escape of its own.
                units += [unit, next]
            }
        }
        return String(decoding: units, as: UTF16.self)
    }
}
