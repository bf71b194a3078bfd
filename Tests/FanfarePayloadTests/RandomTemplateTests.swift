import FanfarePayload
import FanfareTesting
import Foundation
import Testing

/// Ill-formed UTF-8 replaced, as everywhere that text is expected.
private func repaired(_ bytes: [UInt8]) -> [UInt8] { Array(String(decoding: bytes, as: UTF8.self).utf8) }

@Suite struct `Random templates` {
    private func evaluated(_ template: [SlowTemplate], _ contact: [ContactColumn: [UInt8]]) -> [UInt8] {
        // Each value is repaired by itself: ill-formed ends of two values must not make a character together.
        template.evaluate(contact.mapValues(repaired))
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func `in JSON parse and hold what a slow evaluator says`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let texts = (0..<6).map { _ in random.template() }
        let keys = (0..<6).map { "\($0)\(random.text())" }
        let members = zip(keys, texts).map { PayloadNode.Member($0, .string($1.source)) }
        // One array beside the object, so that keys which Foundation holds for equal cannot hide a value.
        let body = PayloadNode.object([
            .init("object", .object(members)), .init("array", .array(texts.map { .string($0.source) })),
        ])
        let template = try compile(.json(body))
        for _ in 0..<40 {
            let contact = random.contact()
            let rendered = try #require(template.text(contact))
            let parsed = try JSONSerialization.jsonObject(with: Data(rendered.body)) as? [String: Any]
            let object = try #require(parsed?["object"] as? [String: Any])
            let array = try #require(parsed?["array"] as? [Any])
            #expect(object.count == 6 && array.count == 6)
            for (index, text) in texts.enumerated() {
                let expected = evaluated(text, contact)
                try expect(array[index], is: expected, number: text.source)
                try expect(#require(object[keys[index]]), is: expected, number: text.source)
            }
        }
    }

    /// A string that is one tag of a number field may have become a number.
    private func expect(_ value: Any, is expected: [UInt8], number source: String) throws {
        if let number = value as? NSNumber {
            #expect(source == "*|SCORE|*" || source == "*|POINTS|*")
            #expect(number == NSDecimalNumber(string: String(decoding: expected, as: UTF8.self)))
        } else {
            #expect(Array(try #require(value as? String).utf8) == expected)
        }
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `in forms and multipart decode to what a slow evaluator says`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed &+ 1_000)
        let texts = (0..<5).map { _ in random.template() }
        let keys = (0..<5).map { "\($0)\(random.text())" }
        let data = PayloadNode.object(zip(keys, texts).map { .init($0, .string($1.source)) })
        let form = try compile(.form(data))
        let multipart = try compile(.multipart(data))
        for _ in 0..<20 {
            let contact = random.contact()
            let expected = zip(keys, texts).map { FormField(name: $0, value: evaluated($1, contact)) }
            #expect(FormField.decode(form: try #require(form.text(contact)).body) == expected)
            let parts = try #require(multipart.text(contact))
            let names = expected.map { FormField(name: $0.name.multipartEscaped, value: $0.value) }
            #expect(try FormField.decode(multipart: parts) == names)
        }
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `in URLs decode to what a slow evaluator says, in one segment and one parameter`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed &+ 2_000)
        for _ in 0..<40 {
            let template = try compile(url: "http://x.example/a/*|FNAME|*/b?c=*|PHONE|*&d=1")
            let contact = random.contact()
            guard let url = template.text(contact)?.url else { continue }
            let path = url.split(separator: "/", omittingEmptySubsequences: false)
            let query = url.split(separator: "?", omittingEmptySubsequences: false)
            try #require(path.count == 6 && query.count == 2)
            let parameters = query[1].split(separator: "&")
            #expect(parameters.count == 2)
            #expect(path[4].removingPercentEncoding.map { Array($0.utf8) } == repaired(contact[.field("FNAME")] ?? []))
            #expect(
                parameters[0].dropFirst(2).removingPercentEncoding.map { Array($0.utf8) }
                    == repaired(contact[.field("PHONE")] ?? [])
            )
        }
    }

    @Test(arguments: 0..<10 as Range<UInt64>)
    func `in raw bodies are exactly what a slow evaluator says`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed &+ 3_000)
        for _ in 0..<30 {
            let text = random.template()
            let template = try compile(.raw(text.source, contentType: nil))
            for _ in 0..<10 {
                let contact = random.contact()
                #expect(template.text(contact)?.body == text.evaluate(contact))
            }
        }
    }

    @Test(arguments: 0..<10 as Range<UInt64>)
    func `in headers are sent whole or not at all`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed &+ 4_000)
        let template = try compile(headers: [.init(name: "X-A", value: .text("<*|FNAME|*>"))])
        for _ in 0..<100 {
            let contact = random.contact()
            let value = contact[.field("FNAME")] ?? []
            let isRefused = value.contains { ($0 < 0x20 && $0 != 9) || $0 == 0x7F }
            let lines = template.text(contact)?.headers
            let text = String(decoding: value, as: UTF8.self)
            #expect(lines == (isRefused ? nil : ["webhook-id: \(someID)", "X-A: <\(text)>"]))
        }
    }
}
