import FanfareAudience
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

extension Request {
    /// The body as JSON.
    ///
    /// - Throws: ``Problem``, `DecodingError` for a body that is none or another.
    func decode<Body: Decodable>(_ type: Body.Type, _ context: APIContext) async throws -> Body {
        try Self.decode(type, from: try await text(context))
    }

    /// The same of a body that was read already.
    static func decode<Body: Decodable>(_ type: Body.Type, from text: Data) throws -> Body {
        do {
            return try jsonDecoder.decode(type, from: text)
        } catch DecodingError.dataCorrupted(let error) where error.codingPath.isEmpty {
            throw Problem.unfitNumbers(in: text) ?? .notJSON
        }
    }

    /// The body, which is UTF-8: Foundation's readers would pass over what is none where nobody asks for it.
    ///
    /// - Throws: ``Problem`` when it is too large, or other bytes.
    func text(_ context: APIContext) async throws -> Data {
        var request = self
        // What is too long is not read to its end to find that out.
        if let length = headers[.contentLength].flatMap(Int.init), length > context.maxUploadSize {
            throw Problem.tooLarge
        }
        let body: ByteBuffer
        do {
            body = try await request.collectBody(upTo: context.maxUploadSize)
        } catch let error as any HTTPResponseError {
            throw error
        } catch {
            // The client hung up, or what came is not HTTP: nothing of ours failed.
            throw Problem.badRequest("The body did not come whole.")
        }
        do {
            _ = try UTF8Span(validating: body.readableBytesUInt8Span)
        } catch {
            throw Problem.notJSON
        }
        guard body.readableBytesUInt8Span.jsonDepth(upTo: APIContext.deepestBody) != nil else { throw Problem.tooDeep }
        return body.withUnsafeReadableBytes { bytes in
            bytes.baseAddress.map { Data(bytes: $0, count: bytes.count) } ?? Data()
        }
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

    /// Which piece of a list is asked for, as Mailchimp has it: 10 of it at most unless told otherwise.
    ///
    /// - Throws: ``Problem`` for a `count` or `offset` that is none or out of range.
    func page() throws -> Page {
        Page(
            count: try number("count", default: 10, in: 0...1000),
            offset: try number("offset", default: 0, in: 0...Int(Int32.max))
        )
    }

    /// Whether the last come first.
    func isDescending() throws -> Bool {
        switch value("sort_dir")?.uppercased() {
        case nil, "ASC": false
        case "DESC": true
        default: throw Problem.unfit("sort_dir", "Accepted: ASC, DESC.")
        }
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

    /// Whether the query names such a period at all.
    func asksForPeriod(_ name: String) -> Bool {
        value("since_\(name)"[...]) != nil || value("before_\(name)"[...]) != nil
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

/// A piece of a list.
struct Page {
    let count: Int
    let offset: Int

    /// What of a whole list it is.
    func of<Items: Sequence>(_ items: Items) -> [Items.Element] { Array(items.dropFirst(offset).prefix(count)) }
}

extension APIContext {
    /// A part of the path, without its percent-encoding.
    func part(_ name: String) throws -> String {
        guard let written = parameters.get(name) else { throw Problem.notFound }
        // Most parts have none, which is found out faster here than by Foundation.
        let text = written.utf8.contains(UInt8(ascii: "%")) ? written.removingPercentEncoding : written
        guard let text, !text.isEmpty, !text.utf8.contains(0) else { throw Problem.notFound }
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

/// It has no options, and is used by any thread.
private let jsonDecoder = JSONDecoder()

private let diskQueue = DispatchQueue(label: "fanfare-http-disk", attributes: .concurrent)
