import Crypto
import FanfareStore

/// Who may do what over HTTP.
public enum KeyScope: String, Sendable, Hashable, Codable, CaseIterable, Comparable {
    /// Reads.
    case view
    /// Reads, and changes contacts, tags and what is sent.
    case send
    /// All, audiences, fields and webhooks too.
    case admin

    /// By how much they allow.
    public static func < (left: KeyScope, right: KeyScope) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .view: 0
        case .send: 1
        case .admin: 2
        }
    }
}

/// A key of the API: shown once, stored hashed.
///
/// Its text is 32 hexadecimal digits, `-` and a name, as Mailchimp's are: its clients look for that shape.
public struct APIKey: Sendable, Hashable {
    /// Ten hexadecimal digits, by which it is listed and revoked.
    public let id: String
    /// What stands behind the dash.
    public let name: String
    /// What it allows.
    public let scope: KeyScope
    /// Unix time in seconds.
    public let created: Int64
    /// Unix time in seconds since which it is of no use; nil: it is.
    public let revoked: Int64?
    /// SHA-256 of the whole text. 128 random bits need no slower hash.
    let hash: [UInt8]

    /// What a name may be: 1 to 20 lower-case letters and digits.
    static func isName(_ name: String) -> Bool {
        (1...20).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            }
    }

    /// A new key, with its text.
    static func make(name: String, scope: KeyScope, now: Int64) -> (key: APIKey, text: String) {
        let text = Hexadecimal.random(digits: 32) + "-" + name
        let key = APIKey(
            id: Hexadecimal.random(digits: 10),
            name: name,
            scope: scope,
            created: now,
            revoked: nil,
            hash: hash(of: text)
        )
        return (key, text)
    }

    /// Stands for an operator of the machine, who needs none.
    static func local(user: String) -> APIKey {
        APIKey(id: "operator \(user)", name: "", scope: .admin, created: 0, revoked: nil, hash: [])
    }

    static func hash(of text: String) -> [UInt8] {
        var (text, hash) = (text, SHA256())
        text.withUTF8 { hash.update(bufferPointer: UnsafeRawBufferPointer($0)) }
        return hash.finalize().withUnsafeBytes { Array($0) }
    }
}
