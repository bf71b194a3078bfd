import Crypto

/// Signs the links that lead contacts to their hosted pages.
///
/// The key is derived from that of the data directory: links outlive restarts, and a directory that is put back from a
/// copy. 128 bits of HMAC-SHA256 stand in a link. They cover the page, so that who may leave may not look, and the
/// contact's random id, so that a key that another contact has after a restoration opens nothing.
public final class PageKey: Sendable, CustomStringConvertible, CustomReflectable {
    private static let purpose = Array("fanfare hosted pages 1".utf8)

    private let key: HMACKey

    /// - Parameter sealingKey: The data directory's key; see `DataDirectory.sealingKey()`.
    public init(sealingKey: [UInt8]) {
        let derived = HMAC<SHA256>.authenticationCode(for: Self.purpose, using: SymmetricKey(data: sealingKey))
        key = HMACKey(Array(derived))
    }

    /// A key that nobody has: for links that are to be looked at and not followed.
    public convenience init() {
        self.init(sealingKey: SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) })
    }

    /// The text of the token that leads to a page of a contact; see ``PageToken``.
    ///
    /// - Parameters:
    ///   - page: The page.
    ///   - audience: The audience's id.
    ///   - contact: The contact's key.
    ///   - uniqueID: The contact's `*|UNIQID|*`.
    public func token(for page: ContactPage, audience: String, contact: Int64, uniqueID: String) -> String {
        "\(audience)-\(contact)-\(String(decoding: code(of: page, audience, contact, uniqueID), as: UTF8.self))"
    }

    /// Whether a token was made with this key, for this page of the contact that has this random id.
    ///
    /// How long it takes does not depend on where the two differ.
    public func signs(_ token: PageToken, for page: ContactPage, uniqueID: String) -> Bool {
        let expected = code(of: page, token.audience, token.contact, uniqueID)
        var difference: UInt8 = expected.count == token.code.count ? 0 : 1
        for (a, b) in zip(expected, token.code) { difference |= a ^ b }
        return difference == 0
    }

    private func code(of page: ContactPage, _ audience: String, _ contact: Int64, _ uniqueID: String) -> [UInt8] {
        let parts = [Array(audience.utf8), Array(String(contact).utf8), Array(uniqueID.utf8)]
        return [UInt8](unsafeUninitializedCapacity: Base32.length) { output, count in
            guard let start = output.baseAddress else { return }
            parts[0].withUnsafeBytes { audience in
                parts[1].withUnsafeBytes { contact in
                    parts[2].withUnsafeBytes { uniqueID in
                        write(page, audience: audience, contact: contact, uniqueID: uniqueID, into: start)
                    }
                }
            }
            count = Base32.length
        }
    }

    /// Writes what signs a page of a contact, ``Base32/length`` characters.
    ///
    /// Allocates nothing.
    ///
    /// - Parameters:
    ///   - page: The page.
    ///   - audience: The audience's id; holds no NUL, as nothing else of these does.
    ///   - contact: The contact's key in decimal.
    ///   - uniqueID: The contact's random id.
    ///   - output: Room for the characters.
    func write(
        _ page: ContactPage,
        audience: UnsafeRawBufferPointer,
        contact: UnsafeRawBufferPointer,
        uniqueID: UnsafeRawBufferPointer,
        into output: UnsafeMutablePointer<UInt8>
    ) {
        let length = HMACKey.roomLength + 3 + audience.count + contact.count + uniqueID.count
        withUnsafeTemporaryAllocation(byteCount: length, alignment: 16) { room in
            var end = HMACKey.roomLength
            // A NUL stands between the parts, so that no two contacts sign alike.
            room[end] = page.rawValue
            end += 1
            end = Self.append(audience, to: room, at: end)
            end = Self.append(contact, to: room, at: end)
            UnsafeMutableRawBufferPointer(rebasing: room[end...]).copyMemory(from: uniqueID)
            key.code(ofMessageAfter: room).withUnsafeBytes { code in
                Base32.write(
                    UInt64(bigEndian: code.loadUnaligned(as: UInt64.self)),
                    UInt64(bigEndian: code.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
                    into: output
                )
            }
        }
    }

    /// - Returns: Where the next part begins, after a NUL.
    private static func append(
        _ part: UnsafeRawBufferPointer,
        to room: UnsafeMutableRawBufferPointer,
        at start: Int
    ) -> Int {
        UnsafeMutableRawBufferPointer(rebasing: room[start...]).copyMemory(from: part)
        room[start + part.count] = 0
        return start + part.count + 1
    }

    /// Always `[secret]`.
    public var description: String { "[secret]" }
    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
