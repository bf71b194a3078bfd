import FanfarePayload
import Testing

private let replacement: [UInt8] = [0xEF, 0xBF, 0xBD]

private func percent(_ bytes: [UInt8]) -> [UInt8] {
    bytes.flatMap { byte in
        let digits = String(byte, radix: 16, uppercase: true)
        return Array("%\(digits.count == 1 ? "0" : "")\(digits)".utf8)
    }
}

@Suite struct `Escaping` {
    private let column = ContactColumn.field("FNAME")

    private func isAlphanumeric(_ byte: UInt8) -> Bool {
        ("0"..."9").contains(Unicode.Scalar(byte)) || ("a"..."z").contains(Unicode.Scalar(byte))
            || ("A"..."Z").contains(Unicode.Scalar(byte))
    }

    @Test func `of every byte in a JSON string`() throws {
        let template = try compile(json: "<*|FNAME|*>")
        let short: [UInt8: String] = [8: "b", 9: "t", 10: "n", 12: "f", 13: "r", 34: "\"", 92: "\\"]
        for byte in UInt8.min...UInt8.max {
            let expected: [UInt8]
            if let letter = short[byte] {
                expected = Array("\\\(letter)".utf8)
            } else if byte < 0x20 {
                expected = Array("\\u00\(byte < 16 ? "0" : "")\(String(byte, radix: 16))".utf8)
            } else {
                expected = byte < 0x80 ? [byte] : replacement
            }
            #expect(template.text([column: [byte]])?.body == Array("\"<".utf8) + expected + Array(">\"".utf8))
        }
    }

    @Test func `of every byte in a form value`() throws {
        let template = try compile(.form(.object([.init("a", .string("*|FNAME|*"))])))
        for byte in UInt8.min...UInt8.max {
            var expected = isAlphanumeric(byte) || Array("*-._".utf8).contains(byte) ? [byte] : percent([byte])
            if byte == UInt8(ascii: " ") { expected = [UInt8(ascii: "+")] }
            if byte >= 0x80 { expected = percent(replacement) }
            #expect(template.text([column: [byte]])?.body == Array("a=".utf8) + expected)
        }
    }

    @Test func `of every byte in path and query`() throws {
        let template = try compile(url: "http://x.example/a*|FNAME|*b?c=*|FNAME|*")
        for byte in UInt8.min...UInt8.max {
            var expected = isAlphanumeric(byte) || Array("-._~".utf8).contains(byte) ? [byte] : percent([byte])
            if byte >= 0x80 { expected = percent(replacement) }
            let text = String(decoding: expected, as: UTF8.self)
            #expect(template.text([column: [byte]])?.url == "http://x.example/a\(text)b?c=\(text)")
        }
    }

    @Test func `of every byte in a header value`() throws {
        let template = try compile(headers: [.init(name: "X", value: .text("a*|FNAME|*b"))])
        for byte in UInt8.min...UInt8.max {
            var buffer = RequestBuffer()
            let outcome = template.render([column: [byte]], into: &buffer)
            if byte == 0x7F || (byte < 0x20 && byte != 9) {
                #expect(outcome == .skipped(.controlCharacterInHeader(0)) && buffer.count == 0)
            } else {
                let value = String(decoding: [byte], as: UTF8.self)
                #expect(template.text([column: [byte]])?.header("X") == "a\(value)b")
            }
        }
    }

    @Test(
        arguments: [
            ([0xC0, 0x80], 2), ([0xC1, 0xBF], 2), ([0xC2], 1), ([0xC2, 0x41], 1), ([0xE0, 0x80, 0x80], 3),
            ([0xE0, 0xA0], 1),
            ([0xE2, 0x82], 1), ([0xED, 0xA0, 0x80], 3), ([0xEF, 0xBF], 1), ([0xF0, 0x80, 0x80, 0x80], 4),
            ([0xF0, 0x9F, 0x8E], 1),
            ([0xF4, 0x90, 0x80, 0x80], 4), ([0xF5], 1), ([0xFF, 0xFE], 2), ([0x80, 0xBF], 2), ([0xE2, 0x28, 0xA1], 2),
        ] as [([UInt8], Int)]
    )
    func `puts U+FFFD for ill-formed UTF-8 as Swift does`(bytes: [UInt8], replacements: Int) throws {
        let expected = String(decoding: bytes, as: UTF8.self)
        #expect(expected.unicodeScalars.filter { $0 == "\u{FFFD}" }.count == replacements)
        #expect(try compile(json: "*|FNAME|*").text([column: bytes])?.bodyText == "\"\(expected)\"")
        let multipart = try compile(.multipart(.object([.init("a", .string("*|FNAME|*"))])))
        #expect(multipart.text([column: bytes])?.bodyText.contains("\r\n\r\n\(expected)\r\n--") == true)
    }

    @Test(arguments: [
        "\u{0}", "\u{7FF}", "\u{800}", "\u{D7FF}", "\u{E000}", "\u{FEFF}", "\u{FFFF}", "\u{10000}", "\u{10FFFF}",
    ])
    func `keeps every well-formed character`(character: String) throws {
        let form = try compile(.form(.object([.init("a", .string("*|FNAME|*"))])))
        let json = try compile(json: "*|FNAME|*")
        #expect(
            FormField.decode(form: form.text([column: character])?.body ?? []) == [
                .init(name: "a", value: Array(character.utf8))
            ]
        )
        let inJSON = character == "\u{0}" ? "\\u0000" : character
        #expect(json.text([column: character])?.body == Array("\"\(inJSON)\"".utf8))
    }

    @Test func `of literal text is that of values`() throws {
        let text = "é\"\\\u{1} &=+%"
        #expect(try compile(json: text).text()?.body == compile(json: "*|FNAME|*").text([column: text])?.body)
        let literal = try compile(.form(.object([.init("a", .string(text))])))
        let value = try compile(.form(.object([.init("a", .string("*|FNAME|*"))])))
        #expect(literal.text()?.body == value.text([column: text])?.body)
    }
}
