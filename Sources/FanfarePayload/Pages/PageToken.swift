/// What stands in a link to a hosted page: `AUDIENCE-CONTACT-CODE`.
///
/// The audience's id, the contact's key in decimal, and 26 characters that ``PageKey`` makes: lower-case letters, digits
/// and dashes, which no place needs escaped. No personal data is in it.
public struct PageToken: Sendable, Hashable {
    /// The audience's id, ten hexadecimal digits.
    public let audience: String
    /// The contact's key.
    public let contact: Int64
    /// What signs it.
    let code: [UInt8]

    /// Takes a text apart; whether it is signed, ``PageKey/signs(_:for:uniqueID:)`` knows.
    ///
    /// - Returns: Nil for a text that no link has.
    public init?(_ text: String) {
        guard text.utf8.count <= 64 else { return nil }
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].utf8.isPageID, parts[2].utf8.count == Base32.length,
            let contact = Int64(parts[1]), contact > 0, String(contact) == parts[1]
        else { return nil }
        audience = String(parts[0])
        self.contact = contact
        code = Array(parts[2].utf8)
    }
}

extension Collection<UInt8> {
    /// Whether these are an audience's or a campaign's id as links have it: ten hexadecimal digits in lower case.
    var isPageID: Bool { count == 10 && allSatisfy { hexValue($0) != nil && $0 == $0.asciiLowercased } }
}
