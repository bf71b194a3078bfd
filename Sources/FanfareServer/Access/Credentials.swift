import Foundation
import HTTPTypes

/// What a request proves itself by: Basic with a key for password, whatever the user, or Bearer or OAuth with a key.
enum Credentials {
    /// - Returns: The key's text; nil when the header is none of these.
    static func key(in header: String) -> String? {
        let parts = header.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
        guard parts.count == 2 else { return nil }
        let value = parts[1].trimmingCharacters(in: .whitespaces)
        switch parts[0].lowercased() {
        case "bearer", "oauth": return value
        case "basic":
            guard let data = Data(base64Encoded: value), let colon = data.firstIndex(of: UInt8(ascii: ":")) else {
                return nil
            }
            return String(decoding: data[(colon + 1)...], as: UTF8.self)
        default: return nil
        }
    }
}
