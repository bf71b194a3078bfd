import Foundation
import Hummingbird
import NIOCore

/// What a hosted page's form sent: `application/x-www-form-urlencoded`.
struct PageForm: Sendable {
    /// Bytes of a form at most.
    private static let largest = 128 << 10
    /// Values of a form at most: more than an audience has fields and groups.
    private static let most = 5000

    private let values: [String: String]

    /// Reads the body of a request.
    ///
    /// - Throws: ``PageProblem`` for what is no form in UTF-8, `HTTPError` for one that is too large.
    init(_ request: Request) async throws {
        var request = request
        let buffer = try await request.collectBody(upTo: Self.largest)
        try self.init(buffer.readableBytesView)
    }

    /// - Throws: ``PageProblem``. Of two values with one name the last counts.
    init(_ bytes: some Sequence<UInt8>) throws {
        guard let text = String(validating: Array(bytes), as: UTF8.self) else { throw PageProblem.noForm }
        let pairs = text.split(separator: "&")
        guard pairs.count <= Self.most else { throw PageProblem.noForm }
        var values: [String: String] = [:]
        for pair in pairs {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decoded(parts[0]), let value = Self.decoded(parts.count > 1 ? parts[1] : "") else {
                throw PageProblem.noForm
            }
            values[name] = value
        }
        self.values = values
    }

    private static func decoded(_ text: Substring) -> String? { text.replacing("+", with: " ").removingPercentEncoding }

    /// A value without the spaces around it; nil: the form has none of that name.
    subscript(name: String) -> String? { values[name]?.trimmingCharacters(in: .whitespacesAndNewlines) }
}
