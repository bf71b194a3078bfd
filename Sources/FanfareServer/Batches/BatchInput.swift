import FanfareCampaigns
import Foundation

/// A batch as a caller gives it.
struct BatchInput: Decodable, Sendable {
    struct Operation: Decodable, Sendable {
        var method: String
        var path: String
        var params: [String: ParameterValue]?
        var body: String?
        var operationID: String?

        enum CodingKeys: String, CodingKey {
            case method, path, params, body
            case operationID = "operation_id"
        }
    }

    /// A value of a query: whatever it was written as, it goes as text.
    struct ParameterValue: Decodable, Sendable {
        let text: String

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let text = try? container.decode(String.self) {
                self.text = text
            } else if let flag = try? container.decode(Bool.self) {
                text = flag ? "true" : "false"
            } else if let number = try? container.decode(Int64.self) {
                text = String(number)
            } else if let number = try? container.decode(Double.self) {
                text = String(number)
            } else if let texts = try? container.decode([String].self) {
                text = texts.joined(separator: ",")
            } else {
                throw DecodingError.dataCorruptedError(
                    in: container,
                    debugDescription: "A parameter is a text, a number, true or false, or a list of texts."
                )
            }
        }
    }

    var operations: [Operation]

    fileprivate static let methods: Set<String> = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    fileprivate static let longestPath = 2048
    fileprivate static let longestID = 255

    /// What is to be done.
    ///
    /// - Throws: ``Problem`` that names what is not accepted, and where.
    func checked() throws -> [BatchOperation] {
        guard (1...BatchBook.mostOperations).contains(operations.count) else {
            throw Problem.unfit(
                "operations",
                "A batch has 1 to \(BatchBook.mostOperations) operations; this one has \(operations.count)."
            )
        }
        return try operations.enumerated().map { index, operation in
            do throws(Fault) {
                return try operation.checked()
            } catch {
                throw Problem.unfit("operations.\(index).\(error.field)", error.message)
            }
        }
    }

    /// What of an operation is not accepted.
    fileprivate struct Fault: Error {
        let field: String
        let message: String
    }
}

extension BatchInput.Operation {
    fileprivate func checked() throws(BatchInput.Fault) -> BatchOperation {
        let method = method.uppercased()
        guard BatchInput.methods.contains(method) else {
            throw .init(field: "method", message: "Value must be one of: GET, POST, PUT, PATCH, DELETE.")
        }
        let id = operationID ?? ""
        guard id.utf8.count <= BatchInput.longestID, !id.utf8.contains(0) else {
            throw .init(field: "operation_id", message: "At most \(BatchInput.longestID) bytes are accepted.")
        }
        if body?.utf8.contains(0) ?? false {
            throw .init(field: "body", message: "A NUL character is not accepted.")
        }
        return BatchOperation(id: id, method: method, path: try target(), body: body)
    }

    /// The path beneath the API's root, however much of it was given, with its query.
    private func target() throws(BatchInput.Fault) -> String {
        var target = path.hasPrefix("/") ? path : "/" + path
        if target.hasPrefix("/3.0/") { target = String(target.dropFirst(4)) }
        let isPath = target.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") }
        guard isPath, target.utf8.count <= BatchInput.longestPath else {
            throw .init(
                field: "path",
                message: "A path such as /lists/{list_id}/members is accepted, of at most "
                    + "\(BatchInput.longestPath) bytes, with what is no ASCII percent-encoded."
            )
        }
        let pairs = (params ?? [:]).sorted { $0.key < $1.key }.map { "\(encoded($0.key))=\(encoded($0.value.text))" }
        if pairs.isEmpty { return target }
        return target + (target.contains("?") ? "&" : "?") + pairs.joined(separator: "&")
    }

    private func encoded(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .unreserved) ?? ""
    }
}

extension CharacterSet {
    /// What stands as itself in a query, whatever reads it (RFC 3986, section 2.3).
    fileprivate static let unreserved = CharacterSet(
        charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
    )
}
