/// The parts of a postal address as it is stored: a JSON object of texts.
package struct AddressParts: Sendable {
    /// Each of Mailchimp's parts, in its order; empty where the address has none.
    package let all: [(name: String, text: String)]

    /// - Returns: Nil when the value is no such object: an address written as one text.
    package init?(_ value: String) {
        var value = value
        let parts = value.withUTF8 { bytes -> [(String, String)]? in
            let text = UnsafeRawBufferPointer(bytes)
            guard AddressText.isObject(text) else { return nil }
            return (0..<AddressText.partCount).map { index in
                (AddressText.name(index), Self.unescaped(AddressText.part(index, of: text)))
            }
        }
        guard let parts else { return nil }
        all = parts.map { (name: $0.0, text: $0.1) }
    }

    private static func unescaped(_ part: UnsafeRawBufferPointer) -> String {
        if part.isEmpty { return "" }
        return withUnsafeTemporaryAllocation(byteCount: part.count, alignment: 1) { room in
            let length = JSONText.unescape(part, into: room)
            return String(decoding: UnsafeRawBufferPointer(rebasing: room[..<length]), as: UTF8.self)
        }
    }
}
