import FanfarePayload
import Testing

@Suite struct `Groups that a template asks for` {
    private static let known = ["Interests": ["Blue", "Red"], "Your plans": ["A:B"], "Later": []]

    private func messages(_ question: String, groups: [String: [String]]?) -> [String] {
        let text = "é\n *|INTERESTED:\(question)|*y*|END:INTERESTED|*"
        do throws(PayloadErrors) {
            let webhook = WebhookDefinition(url: "http://x.example", body: .json(.string(text)))
            _ = try RequestTemplate.compile(webhook, fields: [], groups: groups)
            return []
        } catch {
            return error.all.map { "\($0.code.rawValue) \($0.description)" }
        }
    }

    @Test(arguments: ["Interests:Red", "Interests:Blue,Red", "Your plans:A:B"])
    func `are accepted when the audience has them`(question: String) {
        #expect(messages(question, groups: Self.known).isEmpty)
    }

    @Test(
        arguments: zip(
            ["Interest:Red", "Interests:Rde", "Interests:red", "Interests:Blue, Red", "Plans for tea:Red"],
            [
                "unknown category \"Interest\" (did you mean Interests?)",
                "unknown group \"Rde\" of Interests (did you mean Red?)",
                "unknown group \"red\" of Interests (did you mean Red?)",
                "unknown group \" Red\" of Interests (did you mean Red?)",
                "unknown category \"Plans for tea\"",
            ]
        )
    )
    func `are refused with the nearest name otherwise`(question: String, says: String) {
        #expect(messages(question, groups: Self.known) == ["unknownGroup data, line 2, column 2: \(says)"])
    }

    @Test func `are told one by one`() {
        #expect(messages("Interests:Rde,Blue,Bleu", groups: Self.known).count == 2)
    }

    @Test func `of a category with nobody in it are not judged`() {
        #expect(messages("Later:Red", groups: Self.known).isEmpty)
    }

    @Test func `of an audience that is not known yet are not judged`() {
        #expect(messages("Interest:Rde", groups: nil).isEmpty)
    }

    @Test func `of an audience without groups are refused with what makes a column one`() throws {
        let message = try #require(messages("Interests:Red", groups: [:]).first)
        #expect(message.contains("unknown category \"Interests\"; the audience has no groups"))
    }
}
