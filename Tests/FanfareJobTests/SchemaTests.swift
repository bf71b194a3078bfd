import FanfarePayload
import Foundation
import Testing

@testable import FanfareJob

struct SchemaTests {
    let folder: JobFolder

    init() throws { folder = try JobFolder() }

    /// Documents of which the reader and the schema must think the same.
    static let documents: [(text: String, isValid: Bool)] = {
        let start = #"{"fanfare": 1, "name": "small", "#
        let audience = start + #""webhook": {"url": "https://a.example/"}, "audience": "#
        let webhook = start + #""audience": {"name": "customers"}, "webhook": "#
        let rest = webhook + #"{"url": "https://a.example/"}, "#
        func audiences(_ texts: [String], _ isValid: Bool) -> [(String, Bool)] {
            texts.map { (audience + $0 + "}", isValid) }
        }
        func webhooks(_ texts: [String], _ isValid: Bool) -> [(String, Bool)] {
            texts.map { (webhook + #"{"url": "https://a.example/", "# + $0 + "}}", isValid) }
        }
        func deliveries(_ texts: [String], _ isValid: Bool) -> [(String, Bool)] {
            texts.map { (rest + #""delivery": {"# + $0 + "}}", isValid) }
        }
        let whole: [(String, Bool)] = [
            (rest + #""delivery": null, "schedule": null}"#, true), (rest + #""delivery": []}"#, false),
            (rest + #""notify": {}}"#, false), (rest + #""notify": {"on": ["ended"]}}"#, false),
            (rest + #""notify": {"url": "https://a.example/"}}"#, true),
            (rest + #""notify": {"command": ["true", ""], "on": ["breaker"]}}"#, true),
            (rest + #""notify": {"command": []}}"#, false), (rest + #""notify": {"command": "true"}}"#, false),
            (rest + #""notify": {"command": ["true"], "signing": {"secret": "a"}}}"#, false),
            (rest + #""notify": {"url": "https://a.example/", "on": []}}"#, false),
            (rest + #""notify": {"url": "https://a.example/", "on": ["done"]}}"#, false),
            (rest + #""notify": {"url": 5}}"#, false),
            (rest + #""public_url": "https://n.example/x"}"#, true), (rest + #""public_url": "n.example"}"#, false),
            (rest + #""public_url": "https://n.example/?a"}"#, false), (rest + #""public_url": 5}"#, false),
            ("{}", false), (#"[]"#, false), (start.dropLast(2) + "}", false),
            (rest + #""schedule": {"at": "2026-11-27 09:00"}}"#, true),
            (rest + #""schedule": {"at": "2026-11-27T09:00:30", "time_zone": "Europe/Paris"}}"#, true),
            (rest + #""schedule": {"batches": {"count": 2, "delay": "10m"}}}"#, true),
            (rest + #""schedule": {"batches": {"count": 2}}}"#, false),
            (rest + #""schedule": {"batches": {"count": 0, "delay": "10m"}}}"#, false),
            (rest + #""schedule": {"at": "2026-11-27 09:00", "local_time": {"past": "send"}}}"#, true),
            (rest + #""schedule": {"at": "2026-11-27 09:00", "local_time": {"past": "wait"}}}"#, false),
            (rest + #""schedule": {"at": "2026-11-27 09:00", "start_within": "30"}}"#, false),
            (rest + #""schedule": {"at": "2026-11-27 09:00", "repeat": "FREQ=DAILY;COUNT=3"}}"#, true),
            (rest + #""schedule": {"at": "2026-11-27 09:00", "repeat": 5}}"#, false),
            (rest + #""schedule": {"window": {}}}"#, true),
            (rest + #""schedule": {"window": {"days": ["mon"], "from": "23:59", "to": "24:00"}}}"#, true),
            (rest + #""schedule": {"window": {"from": "24:00"}}}"#, false),
            (rest + #""schedule": {"window": {"to": "24:30"}}}"#, false),
            (rest + #""schedule": {"window": {"days": ["monday"]}}}"#, false),
            (rest + #""schedule": {"at": "2026-11-27"}}"#, false), (rest + #""schedule": {"at": 2026}}"#, false),
        ]
        return whole
            + audiences(
                [
                    #"{"name": "a", "tag": "b", "holdout": {"share": "1%", "name": "c"}}"#,
                    #"{"name": "a", "segment": "b", "statuses": ["cleaned"], "holdout": {"share": "12.5%"}}"#,
                    #"{"import": "contacts.csv", "name": "a", "columns": {"A": "B", "E": {"role": "group"}}}"#,
                    #"{"import": "contacts.csv", "columns": {"C": {"tag": "D", "date_format": "DD/MM"}}}"#,
                    #"{"name": "a", "segment": {"conditions": [{"field": "A", "value": 3, "extra": ["b"]}]}}"#,
                    #"{"name": "a", "segment": {"conditions": [{}, {"match": "any", "conditions": [{"lat": 1}]}]}}"#,
                ],
                true
            )
            + audiences(
                [
                    "{}", "null", #""a""#, #"{"name": ""}"#, #"{"name": "a", "tag": "b", "segment": "c"}"#,
                    #"{"name": "a", "columns": {"A": "B"}}"#, #"{"import": "contacts.csv", "columns": {"A": "b"}}"#,
                    #"{"import": "contacts.csv", "columns": {"A": {"type": "text"}}}"#,
                    #"{"import": "contacts.csv", "columns": {"A": {"role": "group", "tag": "B"}}}"#,
                    #"{"import": "contacts.csv", "columns": {"A": {"role": "field"}}}"#,
                    #"{"name": "a", "statuses": []}"#, #"{"name": "a", "segment": {"conditions": []}}"#,
                    #"{"name": "a", "segment": {"conditions": [{"value": true}]}}"#,
                    #"{"name": "a", "segment": {"match": "all"}}"#, #"{"name": "a", "holdout": "1%"}"#,
                    #"{"name": "a", "holdout": {"share": 1}}"#, #"{"name": "a", "holdout": {}}"#,
                    #"{"name": "a", "segment": {"conditions": [{"match": "any"}]}}"#,
                    #"{"name": "a", "segment": {"conditions": [{"field": "A", "conditions": [{}]}]}}"#,
                    #"{"name": "a", "segment": {"conditions": [{"conditions": [{"conditions": [{}]}]}]}}"#,
                ],
                false
            )
            + webhooks(
                [
                    #""data": [1, "a", null, true, {"b": {}}]"#, #""method": "GET""#,
                    #""data": {"a": "b"}, "content_type": "form", "require": ["A"]"#,
                    #""data": "a", "content_type": "raw""#, #""auth": {"username": "a", "password": "b"}"#,
                    #""auth": {"bearer": {"env": "SMS_PASSWORD"}}"#,
                    #""headers": {"A": "b", "C": 1.5, "D": true, "E": {"env": "SMS_PASSWORD"}}"#,
                    #""signing": {"secret": "whsec_a"}"#,
                    #""signing": {"secret": ["whsec_a", {"env": "SMS_PASSWORD"}]}"#,
                    #""tls": {}"#, #""tls": {"verify": false}"#, #""tls": {"ca": "ca.pem", "verify": true}"#,
                    #""tls": {"cert": "client.pem", "key": "client.key", "key_password": {"env": "SMS_PASSWORD"}}"#,
                    #""proxy": "http://p:3128""#,
                    #""proxy": {"url": "http://[::1]:1", "username": "u", "password": "p"}"#,
                ],
                true
            )
            + webhooks(
                [
                    #""method": "post""#, #""method": "GET", "data": {}"#, #""content_type": "json""#,
                    #""data": "a", "content_type": "form""#, #""data": {}, "content_type": "raw""#,
                    #""require": "A""#, #""require": ["a"]"#, #""auth": {}"#, #""auth": {"username": "a"}"#,
                    #""auth": {"username": "a", "password": "b", "bearer": "c"}"#, #""auth": {"bearer": 5}"#,
                    #""auth": {"bearer": ""}"#, #""auth": {"bearer": {"env": "A", "file": "B"}}"#,
                    #""auth": {"bearer": {"sealed": "A"}}"#, #""headers": {"A": null}"#, #""headers": {"A": ["b"]}"#,
                    #""signing": {}"#, #""signing": {"secret": []}"#, #""name": 5"#,
                    #""tls": {"ca": "ca.pem", "verify": false}"#, #""tls": {"verify": "no"}"#, #""tls": {"ca": ""}"#,
                    #""tls": {"key": "client.key"}"#, #""tls": false"#, #""tls": {"key_password": "a"}"#,
                    #""proxy": "http://p""#, #""proxy": "http://u:p@p:1""#, #""proxy": {"username": "u"}"#,
                    #""proxy": 1"#,
                    #""proxy": {"url": "http://p:1", "password": "a"}"#,
                ],
                false
            )
            + deliveries(
                [
                    #""max_in_flight": 1, "rate": "0.5/h", "rate": "5000/s""#, #""retries": []"#, #""http": "1.1""#,
                    #""http": 2"#,
                    #""http": 1.1, "canary": {}, "retry_on": [500]"#, #""timeout": "1m30s500ms", "stop_after": "1d""#,
                    #""canary": {"contacts": 5, "proceed_at": "99.5%"}"#,
                ].filter { !$0.contains("0.5/h") },
                true
            )
            + deliveries(
                [
                    #""max_in_flight": 0"#, #""max_in_flight": "1""#, #""max_in_flight": 1.5"#, #""rate": 5"#,
                    #""rate": "5/day""#, #""timeout": 10"#, #""timeout": "10""#, #""timeout": "s""#, #""timeout": """#,
                    #""timeout": "1m1h""#, #""retries": "5s""#, #""retries": [5]"#, #""retry_on": [200]"#,
                    #""http": 3"#, #""canary": 5"#, #""canary": {"proceed_at": 0.99}"#, #""when_uncertain": "x""#,
                    #""concurrency": true"#,
                ],
                false
            )
    }()

    @Test func `an independent validator judges every document as the reader does`() throws {
        if ProcessInfo.processInfo.environment["FANFARE_SKIP_PYTHON"] == "1" { return }
        // As it stands in the seal.
        let unsealed = { (secret: Secret) in String(decoding: secret.reveal(), as: UTF8.self) }
        let everything = try folder.parse(exampleJob).job.encoded(seal: unsealed)
        var documents = SchemaTests.documents + [(everything, true)]
        documents += try [smallestJob].map { (try folder.parse($0).job.encoded(seal: unsealed), true) }
        for (text, isValid) in documents {
            #expect((folder.error(in: text) == nil) == isValid, "\(text)\n\(folder.error(in: text)?.description ?? "")")
        }
        let input = try JSONSerialization.data(withJSONObject: [
            "schema": JobSchema.json, "documents": documents.map(\.text),
        ])
        let verdicts = try SchemaTests.validate(input)
        try #require(verdicts.count == documents.count)
        for (document, verdict) in zip(documents, verdicts) {
            #expect(verdict == document.isValid, "\(document.text)")
        }
    }

    /// Runs Python's `jsonschema` over the documents.
    static func validate(_ input: Data) throws -> [Bool] {
        let script = """
            import json, sys, jsonschema
            given = json.load(sys.stdin)
            schema = json.loads(given["schema"])
            jsonschema.Draft202012Validator.check_schema(schema)
            validator = jsonschema.Draft202012Validator(schema)
            print(json.dumps([validator.is_valid(json.loads(text)) for text in given["documents"]]))
            """
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", script]
        let (standardInput, output) = (Pipe(), Pipe())
        process.standardInput = standardInput
        process.standardOutput = output
        try process.run()
        try standardInput.fileHandleForWriting.write(contentsOf: input)
        try standardInput.fileHandleForWriting.close()
        let answer = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        try #require(
            process.terminationStatus == 0,
            "python3 with jsonschema is needed; FANFARE_SKIP_PYTHON=1 does without"
        )
        return try #require(JSONSerialization.jsonObject(with: answer) as? [Bool])
    }

    /// Every key of the schema with its path, as far as mappings reach.
    static func keys(of schema: JSONValue, path: [String] = []) -> [(path: [String], schema: JSONValue)] {
        guard case .object(let properties)? = schema["properties"] else { return [] }
        return properties.flatMap { property in
            [(path + [property.key], property.value)] + keys(of: property.value, path: path + [property.key])
        }
    }

    @Test func `every key of the schema is one that the reader reads`() throws {
        let keys = SchemaTests.keys(of: JobSchema.document)
        #expect(keys.count > 35)
        for (path, _) in keys {
            // A value that no key takes, in the place of the key's own; its siblings are left out.
            let text = path.dropLast().reversed().reduce("{\"\(path[path.count - 1])\": [[{\"\": [[]]}]]}") {
                inner,
                key in
                "{\"\(key)\": \(inner)}"
            }
            let error = try #require(folder.error(in: text), "\(path)")
            let own = path.map { PathElement.key($0) }
            let accepts = path == ["webhook", "data"]
            let says = error.problems.contains { $0.path.starts(with: own) && $0.code != .unknownKey }
            #expect(says != accepts, "\(path): \(error)")
            #expect(!error.problems.contains { $0.code == .unknownKey }, "\(path): \(error)")
        }
    }

    @Test func `every key is described, and its default is what a file without it means`() throws {
        let key = Array("an installation's own key".utf8)
        for (path, schema) in SchemaTests.keys(of: JobSchema.document) {
            guard case .string(let about)? = schema["description"] else {
                Issue.record("\(path) is not described")
                continue
            }
            #expect(about.hasSuffix("."), "\(path)")
            // `content_type` needs `data`, and `on` somebody who is told; the columns' keys are under their headers.
            let needsMore = [["webhook", "content_type"], ["notify", "on"]]
            guard let value = schema["default"], !needsMore.contains(path) else { continue }
            // A section that is not there by default has defaults all the same.
            let isInOwn = path.first == "delivery" || path.starts(with: ["schedule", "window"])
            let base =
                isInOwn ? path.dropLast().reversed().reduce("{}") { "{\"\($1)\": \($0)}" } : "{}"
            let with = path.reversed().reduce(value.compact) { "{\"\($1)\": \($0)}" }
            #expect(
                try SchemaTests.merged(base, folder).fingerprint(key: key)
                    == SchemaTests.merged(with, folder).fingerprint(key: key),
                "\(path)"
            )
        }
    }

    /// The smallest job with the members of one more object.
    static func merged(_ text: String, _ folder: JobFolder) throws -> JobFile {
        func merge(_ left: [String: Any], _ right: [String: Any]) -> [String: Any] {
            left.merging(right) { old, new in
                guard let old = old as? [String: Any], let new = new as? [String: Any] else { return new }
                return merge(old, new)
            }
        }
        let smallest: [String: Any] = [
            "fanfare": 1, "name": "small", "audience": ["name": "customers"],
            "webhook": ["url": "https://example.com/hook"],
        ]
        let further = try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        let data = try JSONSerialization.data(withJSONObject: merge(smallest, further))
        return try folder.parse(String(decoding: data, as: UTF8.self)).job
    }
}
