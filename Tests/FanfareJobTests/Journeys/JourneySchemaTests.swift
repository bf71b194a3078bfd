import FanfarePayload
import Foundation
import Testing

@testable import FanfareJob

@Suite("The schema of journeys")
struct JourneySchemaTests {
    let folder: JobFolder

    init() throws { folder = try JobFolder() }

    /// Documents of which the reader and the schema must think the same.
    static let documents: [(text: String, isValid: Bool)] = {
        let rest = #""start": [{"id": "s", "type": "api", "next": "a"}], "#
        func starts(_ texts: [String], _ isValid: Bool) -> [(String, Bool)] {
            texts.map { text in
                let points = #""points": [{"id": "a", "type": "archive"}]"#
                return (#"{"name": "n", "start": [{"id": "s", "next": "a", \#(text)}], \#(points)}"#, isValid)
            }
        }
        func points(_ texts: [String], _ isValid: Bool) -> [(String, Bool)] {
            texts.map { (#"{"name": "n", \#(rest)"points": [{"id": "a", \#($0)}]}"#, isValid) }
        }
        func webhooks(_ texts: [String], _ isValid: Bool) -> [(String, Bool)] {
            points(
                texts.map { #""type": "webhook", "webhook": {"url": "https://a.example/", "data": {}\#($0)}"# },
                isValid
            )
        }
        return [
            ("{}", false), ("[]", false), (#"{"name": "n", "start": [], "points": []}"#, false),
            (#"{"name": "n", "journey": 2, "points": []}"#, false),
        ]
            + starts(
                [
                    #""type": "api""#, #""type": "tag_added", "tag": "vip", "segment": "Paris""#,
                    #""type": "signs_up", "segment": {"conditions": [{"field": "A"}]}"#,
                    #""type": "birthday", "field": "BDAY", "at": "23:59""#,
                    #""type": "field_changes", "field": "A", "to": 5"#, #""type": "event", "event": "a-1""#,
                    #""type": "specific_date", "date": "2026-12-24 09:00""#,
                ],
                true
            )
            + starts(
                [
                    #""tag": "vip""#, #""type": "tag_added""#, #""type": "api", "tag": "vip""#, #""type": "email""#,
                    #""type": "signs_up", "imports": "yes""#, #""type": "birthday", "field": "bday""#,
                    #""type": "birthday", "field": "BDAY", "at": "24:00""#, #""type": "event", "event": "a""#,
                    #""type": "event", "event": "a b""#, #""type": "field_changes", "field": "A", "to": """#,
                    #""type": "field_changes", "field": "A", "to": true"#, #""type": "api", "segment": 5"#,
                    #""type": "specific_date", "date": "2026-12-24""#, #""type": "api", "segment": {"conditions": []}"#,
                ],
                false
            )
            + points(
                [
                    #""type": "if", "tag": "a", "then": null"#, #""type": "if", "segment": "a""#,
                    #""type": "split", "percent": 0.5"#, #""type": "delay", "for": "1d1h1m1s", "name": "b""#,
                    #""type": "delay", "on": "mon""#, #""type": "delay", "on": ["mon", "sun"], "at": "00:00""#,
                    #""type": "delay", "until": "2026-12-24T09:00""#,
                    #""type": "wait", "until": {"type": "event", "event": "go"}"#,
                    #""type": "wait", "until": {"type": "tag_added", "tag": "a"}, "limit": "7d", "else": null"#,
                    #""type": "update_field", "field": "A", "value": """#,
                    #""type": "update_field", "field": "A", "value": 1.5"#,
                    #""type": "join_group", "category": "a", "group": "b""#,
                    #""type": "unsubscribe", "next": null"#,
                ],
                true
            )
            + points(
                [
                    #""type": "if""#, #""type": "if", "tag": "a", "segment": "b""#, #""type": "split""#,
                    #""type": "split", "percent": 0"#, #""type": "split", "percent": 100"#,
                    #""type": "split", "percent": "30""#, #""type": "delay""#,
                    #""type": "delay", "for": "1d", "on": "mon""#,
                    #""type": "delay", "for": "1d", "at": "09:00""#, #""type": "delay", "for": "500ms""#,
                    #""type": "delay", "for": 5"#, #""type": "delay", "on": []"#, #""type": "wait""#,
                    #""type": "wait", "until": {"type": "signs_up"}"#,
                    #""type": "wait", "until": {"type": "event", "event": "go"}, "else": null"#,
                    #""type": "update_field", "field": "A""#, #""type": "join_group", "category": "a""#,
                    #""type": "archive", "next": """#, #""type": "archive", "next": 5"#,
                    #""type": "archive", "then": null"#,
                ],
                false
            )
            + webhooks(
                [
                    "", #", "method": "DELETE", "headers": {"A": "b", "C": 5, "D": {"env": "SMS_PASSWORD"}}"#,
                    #", "content_type": "form", "auth": {"bearer": "a"}"#,
                ],
                true
            )
            + webhooks(
                [
                    #", "method": "GET""#, #", "content_type": "multipart""#, #", "content_type": "raw""#,
                    #", "headers": {"A": null}"#, #", "signing": {}"#,
                ],
                false
            )
            + points(
                [
                    #""type": "webhook""#, #""type": "webhook", "webhook": {"url": "https://a.example/"}"#,
                    #""type": "webhook", "webhook": {"url": "https://a.example/*|A|*", "data": {}}"#,
                    #""type": "webhook", "webhook": {"url": "https://a.example/", "data": 1}, "on_failure": "stop""#,
                    #""type": "webhook", "webhook": {"url": "https://a.example/", "data": 1}, "delivery": {"http": 2}"#,
                ],
                false
            )
            + points(
                [
                    #""type": "webhook", "webhook": {"url": "https://a.example/", "data": 1}, "delivery": null"#,
                    #""type": "webhook", "webhook": {"url": "https://a.example/", "data": [null]}, "#
                        + #""delivery": {"retries": [], "deadline": "1h", "rate": "5/s"}, "on_failure": "wait""#,
                ],
                true
            )
    }()

    @Test("an independent validator judges every document as the reader does")
    func documents() throws {
        if ProcessInfo.processInfo.environment["FANFARE_SKIP_PYTHON"] == "1" { return }
        let unsealed = { (secret: Secret) in String(decoding: secret.reveal(), as: UTF8.self) }
        var documents = JourneySchemaTests.documents
        documents.append((smallestJourney, true))
        documents.append((try folder.journey(smallestJourney).map.encoded(seal: unsealed), true))
        for (text, isValid) in documents {
            let error = folder.journeyError(in: text)
            #expect((error == nil) == isValid, "\(text)\n\(error?.description ?? "")")
        }
        let input = try JSONSerialization.data(withJSONObject: [
            "schema": JourneySchema.document.pretty, "documents": documents.map(\.text),
        ])
        let verdicts = try SchemaTests.validate(input)
        try #require(verdicts.count == documents.count)
        for (document, verdict) in zip(documents, verdicts) {
            #expect(verdict == document.isValid, "\(document.text)")
        }
    }

    @Test("every key of every kind is described")
    func descriptions() throws {
        var kinds = 0
        for list in ["start", "points"] {
            guard case .array(let variants)? = JourneySchema.document["properties"]?[list]?["items"]?["oneOf"] else {
                Issue.record("\(list) has no kinds")
                continue
            }
            for variant in variants {
                kinds += 1
                guard case .object(let keys)? = variant["properties"] else {
                    Issue.record("\(list) has a kind without keys")
                    continue
                }
                for key in keys {
                    guard case .string(let about)? = key.value["description"] else {
                        Issue.record("\(key.key) is not described")
                        continue
                    }
                    #expect(about.hasSuffix("."), "\(key.key)")
                }
            }
        }
        #expect(kinds == 11 + 12)
    }

    @Test("what it refers to can stand elsewhere")
    func references() throws {
        let schema = JourneySchema.schema { "#/components/schemas/\($0)" }
        #expect(!schema.compact.contains("#/$defs/"))
        #expect(schema.compact.contains("#/components/schemas/segment"))
        let definitions = JourneySchema.definitions { "#/components/schemas/\($0)" }
        #expect(definitions.map(\.key) == ["condition", "secret", "segment"])
        #expect(!JSONValue.object(definitions).compact.contains("#/$defs/"))
    }
}
