import FanfarePayload
import Testing

@Suite struct `Skipped contacts` {
    @Test func `lack a required value of their own`() throws {
        let template = try compile(.json(.string("*|LNAME|*")), require: ["EMAIL", "LNAME"])
        var buffer = RequestBuffer()
        #expect(template.render([.field("LNAME"): [65]], into: &buffer) == .skipped(.missingField(0)))
        // The default of LNAME does not stand in for a required value.
        #expect(template.render([.email: [65]], into: &buffer) == .skipped(.missingField(1)))
        #expect(template.render([.email: [65], .field("LNAME"): []], into: &buffer) == .skipped(.missingField(1)))
        #expect(buffer.count == 0)
        #expect(template.text([.email: "a", .field("LNAME"): "b"])?.bodyText == "\"b\"")
    }

    @Test func `leave the requests beside them untouched`() throws {
        let template = try compile(
            url: "https://x.example/*|FNAME|*",
            .json(.string("*|FNAME|*")),
            headers: [.init(name: "A", value: .text("constant")), .init(name: "X", value: .text("*|PHONE|*"))]
        )
        var buffer = RequestBuffer(capacity: 64)
        let phones: [String] = ["1", "2\r\nEvil: 1", "3", "4\n", "5\0", "6"]
        let outcomes = phones.map { phone in
            template.render([.field("FNAME"): Array(phone.utf8), .field("PHONE"): Array(phone.utf8)], into: &buffer)
        }
        for (phone, outcome) in zip(phones, outcomes) {
            if case .rendered(let request) = outcome {
                #expect(buffer.text(of: request).header("X") == phone)
                #expect(buffer.text(of: request).bodyText == "\"\(phone)\"")
            } else {
                #expect(outcome == .skipped(.controlCharacterInHeader(1)))
            }
        }
        #expect(
            outcomes.map { if case .rendered = $0 { true } else { false } } == [true, false, true, false, false, true]
        )
    }
}
