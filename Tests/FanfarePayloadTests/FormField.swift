import FanfarePayload
import Foundation
import Testing

/// One field of a received form.
struct FormField: Equatable {
    var name: String
    var value: [UInt8]

    private static func decode(_ text: some Sequence<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        var iterator = text.makeIterator()
        while let byte = iterator.next() {
            switch byte {
            case UInt8(ascii: "+"): result.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                let digits = [iterator.next(), iterator.next()].compactMap { $0 }
                result.append(UInt8(String(decoding: digits, as: UTF8.self), radix: 16)!)
            default: result.append(byte)
            }
        }
        return result
    }

    /// The fields of `application/x-www-form-urlencoded`.
    static func decode(form body: [UInt8]) -> [FormField] {
        body.split(separator: UInt8(ascii: "&")).map { pair in
            let halves = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            return FormField(name: String(decoding: decode(halves[0]), as: UTF8.self), value: decode(halves[1]))
        }
    }

    /// The fields of `multipart/form-data`, names as they stand between the quotes.
    static func decode(multipart request: RenderedText) throws -> [FormField] {
        let type = try #require(request.header("Content-Type"))
        let boundary = try #require(type.components(separatedBy: "boundary=").last)
        let body = Data(Array("\r\n".utf8) + request.body)
        let delimiter = Data("\r\n--\(boundary)".utf8)
        var fields: [FormField] = []
        var start = try #require(body.range(of: delimiter)).upperBound
        while let next = body.range(of: delimiter, in: start..<body.endIndex) {
            let part = body[start..<next.lowerBound]
            let blank = try #require(part.range(of: Data("\r\n\r\n".utf8)))
            let head = String(decoding: part[..<blank.lowerBound], as: UTF8.self)
            let prefix = "\r\nContent-Disposition: form-data; name=\""
            #expect(head.hasPrefix(prefix) && head.hasSuffix("\""))
            fields.append(
                FormField(
                    name: String(head.dropFirst(prefix.count).dropLast()),
                    value: Array(part[blank.upperBound...])
                )
            )
            start = next.upperBound
        }
        #expect(Array(body[start...]) == Array("--\r\n".utf8))
        return fields
    }
}

extension String {
    /// A name as browsers write it into a Content-Disposition header.
    var multipartEscaped: String {
        String(
            decoding: utf8.flatMap { byte -> [UInt8] in
                switch byte {
                case UInt8(ascii: "\""): Array("%22".utf8)
                case UInt8(ascii: "\r"): Array("%0D".utf8)
                case UInt8(ascii: "\n"): Array("%0A".utf8)
                default: [byte]
                }
            },
            as: UTF8.self
        )
    }
}
