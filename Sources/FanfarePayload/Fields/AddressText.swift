/// Mailchimp's address fields: stored as a JSON object of strings, shown as one line.
///
/// The parts that are there are joined by `, ` in the order `addr1`, `addr2`, `city`, `state`, `zip`, `country`.
enum AddressText {
    private static func key(_ index: Int) -> StaticString {
        switch index {
        case 0: "addr1"
        case 1: "addr2"
        case 2: "city"
        case 3: "state"
        case 4: "zip"
        default: "country"
        }
    }
    static let partCount = 6

    static func name(_ index: Int) -> String { key(index).description }

    /// Whether a value is a JSON object whose members are all strings, numbers, `true`, `false` or `null`.
    static func isObject(_ text: UnsafeRawBufferPointer) -> Bool {
        var scanner = FlatObjectScanner(text)
        while scanner.next() != nil {}
        return scanner.isComplete
    }

    /// The text of a part, JSON escapes and all; empty when there is none.
    static func part(_ index: Int, of text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        let wanted = UnsafeRawBufferPointer(key(index))
        var scanner = FlatObjectScanner(text)
        while let member = scanner.next() {
            guard UnsafeRawBufferPointer(rebasing: text[member.key]).holdsSame(as: wanted) else { continue }
            let value = UnsafeRawBufferPointer(rebasing: text[member.value])
            if !member.isString && value.holdsSame(as: UnsafeRawBufferPointer("null")) { break }
            return value
        }
        return UnsafeRawBufferPointer(start: nil, count: 0)
    }
}

extension RequestBuffer {
    /// Appends an address whose parts ``AddressText`` finds.
    ///
    /// - Returns: False when the place cannot hold it.
    mutating func append(address: UnsafeRawBufferPointer, escapedFor escape: Escape) -> Bool {
        // The text is unescaped further on in the free memory, past all that escaping it could fill.
        let room = address.count + AddressText.partCount * 2
        reserve(room * 10)
        let plain = UnsafeMutableRawBufferPointer(start: end + room * 9, count: room)
        var length = 0
        for index in 0..<AddressText.partCount {
            let part = AddressText.part(index, of: address)
            if part.isEmpty { continue }
            if length > 0 {
                plain[length] = UInt8(ascii: ",")
                plain[length + 1] = UInt8(ascii: " ")
                length += 2
            }
            length += JSONText.unescape(part, into: UnsafeMutableRawBufferPointer(rebasing: plain[length...]))
        }
        return append(UnsafeRawBufferPointer(rebasing: plain[..<length]), escapedFor: escape)
    }
}
