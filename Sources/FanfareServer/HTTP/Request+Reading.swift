import FanfareAudience
import Foundation
import Hummingbird
import NIOCore

extension Request {
    /// The body as JSON.
    ///
    /// - Throws: ``Problem``, `DecodingError` for a body that is none or another.
    func decode<Body: Decodable>(_ type: Body.Type, _ context: APIContext) async throws -> Body {
        try JSONDecoder().decode(type, from: try await text(context))
    }

    /// The body, which is UTF-8: Foundation's readers would pass over what is none where nobody asks for it.
    ///
    /// - Throws: ``Problem`` when it is too large, or other bytes.
    func text(_ context: APIContext) async throws -> Data {
        var request = self
        let bytes: ByteBufferView
        do {
            bytes = try await request.collectBody(upTo: context.maxUploadSize).readableBytesView
        } catch let error as any HTTPResponseError {
            throw error
        } catch {
            // The client hung up, or what came is not HTTP: nothing of ours failed.
            throw Problem.badRequest("The body did not come whole.")
        }
        guard String(validating: bytes, as: UTF8.self) != nil else { throw Problem.notJSON }
        return Data(bytes)
    }

    /// A value of the query; nil when it is not there or empty.
    func value(_ name: Substring) -> String? {
        uri.queryParameters[name].flatMap { $0.isEmpty ? nil : String($0) }
    }

    /// A whole number of the query.
    ///
    /// - Throws: ``Problem`` when it is none or out of range.
    func number(_ name: Substring, default usual: Int, in range: ClosedRange<Int>) throws -> Int {
        guard let text = value(name) else { return usual }
        guard let number = Int(text), range.contains(number) else {
            throw Problem.unfit(
                String(name),
                "\"\(text.prefix(40))\" is no whole number within \(range.lowerBound) and \(range.upperBound)."
            )
        }
        return number
    }

    /// Yes or no, in any case.
    func flag(_ name: Substring) throws -> Bool {
        guard let text = value(name)?.lowercased() else { return false }
        switch text {
        case "true", "1": return true
        case "false", "0": return false
        default: throw Problem.unfit(String(name), "true or false")
        }
    }

    /// One of some words.
    func word<Word: RawRepresentable & CaseIterable>(_ name: Substring, of type: Word.Type) throws -> Word?
    where Word.RawValue == String {
        guard let text = value(name) else { return nil }
        if let word = Word(rawValue: text) { return word }
        throw Problem.unfit(
            String(name),
            "Accepted: \(Word.allCases.map(\.rawValue).joined(separator: ", "))."
        )
    }

    /// The times since `since_NAME` and before `before_NAME`, where the query has them.
    ///
    /// - Throws: ``Problem`` for a time that is none.
    func period(_ name: String) throws -> Range<Int64> {
        let since = try time("since_\(name)") ?? .min
        return since..<max(since, try time("before_\(name)") ?? .max)
    }

    /// A time of the query in Unix seconds, given in ISO 8601.
    func time(_ name: String) throws -> Int64? {
        guard let text = value(name[...]) else { return nil }
        if let time = unixTime(of: text.replacing(" ", with: "+")) ?? unixTime(of: text) { return time }
        throw Problem.unfit(
            name,
            "A time such as 2015-10-21T15:41:36+00:00 is accepted."
        )
    }
}

extension APIContext {
    /// A part of the path, without its percent-encoding.
    func part(_ name: String) throws -> String {
        guard let text = parameters.get(name)?.removingPercentEncoding, !text.isEmpty, !text.utf8.contains(0) else {
            throw Problem.notFound
        }
        return text
    }

    /// A part of the path that is a whole number.
    func number(_ name: String) throws -> Int64 {
        guard let number = Int64(try part(name)) else { throw Problem.notFound }
        return number
    }
}

/// Runs what waits for a disk on a thread where that holds up nobody.
func onDisk<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        diskQueue.async { continuation.resume(with: Result(catching: body)) }
    }
}

private let diskQueue = DispatchQueue(label: "fanfare-http-disk", attributes: .concurrent)
