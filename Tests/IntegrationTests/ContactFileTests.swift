import FanfareReceiver
import FanfareTesting
import Foundation
import Testing

/// Contact files as people have them: what can be read is, what cannot is told by line, nothing begins half.
@Suite struct ContactFileTests {
    private static let roughFile: [UInt8] = {
        var bytes: [UInt8] = [0xef, 0xbb, 0xbf]
        bytes += Array("Email Address,First Name,Score\r\n".utf8)
        bytes += Array("ann@example.com,\"Ann\r\nMarie\",5\r\n".utf8)
        bytes += Array("short@example.com,Sam\r\nlong@example.com,Lou,7,x\r\n".utf8)
        bytes += [0xff] + Array("@example.com,Ill,1\r\n".utf8)
        bytes += Array("nul@example.com,a".utf8) + [0] + Array("b,1\r\n".utf8)
        bytes += Array("number@example.com,Nora,many\r\nANN@example.com,Ann,6.5\r\nbob@example.com,Bob,\r\n".utf8)
        return bytes
    }()

    @Test("a byte order mark, CR LF and quotes across lines are read, bad rows are kept aside with their reasons")
    func rough() async throws {
        try await withDesk(receiver: { _, _ in .status(200) }, keepsBodies: true) { desk, receiver in
            try desk.write(bytes: Self.roughFile, to: "contacts.csv")
            try desk.writeJob(
                url: receiver.url(),
                audience: "  columns: {Email Address: EMAIL, First Name: FNAME, Score: {tag: SCORE, type: number}}",
                webhook: #"  data: {to: "*|EMAIL|*", name: "*|FNAME|*", score: "*|SCORE|*"}"#
            )
            let check = try await desk.fanfare("check", "job.yaml")
            #expect(check.status == 0)
            let file = desk.path("contacts.csv")
            #expect(
                check.output.hasPrefix(
                    """
                    job: valid
                      contacts    2
                      rejected    5 rows
                        \(file):4: the row has 2 cells, the header 3
                        \(file):5: the row has 4 cells, the header 3
                        \(file):6: the row is not UTF-8
                      recipients  2
                      requests    2
                      starts      at once
                      takes       about 100 ms with 2,000 requests in flight, if answers take 100 ms; no rate is set
                      disk        about 1 MB
                    """
                ),
                "\(check.output)"
            )
            let run = try await desk.fanfare("run", "job.yaml")
            #expect(run.status == 0)
            #expect(
                run.errors == """
                    Imported 2 contacts, 1 repeated address, 5 rejected (see data/job.rejects.csv).
                    Delivering to 2 contacts.

                    """
            )
            let rejects = try Data(contentsOf: URL(fileURLWithPath: desk.path("data/job.rejects.csv")))
            #expect(
                String(decoding: rejects, as: UTF8.self) == """
                    file,line,reason,row
                    "\(file)",4,"the row has 2 cells, the header 3","short@example.com,Sam"
                    "\(file)",5,"the row has 4 cells, the header 3","long@example.com,Lou,7,x"
                    "\(file)",6,"the row is not UTF-8","\u{fffd}@example.com,Ill,1"
                    "\(file)",7,"the row holds a NUL byte","nul@example.com,a\0b,1"
                    "\(file)",8,"Score: ""many"" is not a number such as 12 or 3.5","number@example.com,Nora,many"

                    """
            )
            #expect(
                bodies(receiver) == [
                    #"{"to":"ANN@example.com","name":"Ann","score":6.5}"#,
                    #"{"to":"bob@example.com","name":"Bob","score":""}"#,
                ]
            )
        }
    }

    @Test(
        "a file that is no list of contacts is refused with its place, and the mended one runs at once",
        arguments: zip(
            [
                "", "\n", "name,n\nAnn,1\n", "email,n\na@example.com,\"open\nb@example.com,2\n",
                "email,email_address\na@example.com,b@example.com\n",
            ],
            [
                "11: `audience.import`: contacts.csv: the file is empty",
                "11: `audience.import`: contacts.csv: the file is empty",
                "11: `audience.import`: contacts.csv:1: no column holds the addresses: call it email, email_address or "
                    + #"Email Address, or map it to EMAIL in `columns`; the file has "name", "n""#,
                "11: `audience.import`: contacts.csv:2: a quote is opened on this line and never closed",
                #"3: `audience.columns`: contacts.csv:1: the columns "email" and "email_address" are both the address; "#
                    + "map one of them in `columns`",
            ]
        )
    )
    func refused(_ text: String, says: String) async throws {
        try await withDesk(receiver: { _, _ in .status(200) }) { desk, receiver in
            try desk.write(text, to: "contacts.csv")
            try desk.writeJob(url: receiver.url())
            for command in ["check", "run"] {
                let result = try await desk.fanfare(command, "job.yaml")
                #expect(result.status == 2)
                let message = result.errors.replacing(desk.path("contacts.csv"), with: "contacts.csv")
                #expect(message.hasPrefix("job.yaml:4:\(says)\n    4 |   import: contacts.csv\n"), "\(message)")
            }
            try desk.writeContacts(2)
            let mended = try await desk.fanfare("run", "job.yaml")
            #expect(mended.status == 0, "\(mended)")
            #expect(receiver.received.distinctIDs == 2)
        }
    }

    @Test("a contact file that is not there is told at its line")
    func missing() async throws {
        try await withDesk { desk in
            try desk.writeJob(url: "http://127.0.0.1:9/")
            let result = try await desk.fanfare("run", "job.yaml")
            #expect(result.status == 2)
            #expect(
                result.errors == """
                    job.yaml:4:3: the contact file "\(desk.path("contacts.csv"))": No such file or directory
                        4 |   import: contacts.csv
                          |   ^

                    """
            )
            #expect(!desk.has("data"))
        }
    }

    @Test("more rejected rows than allowed end the import with the last reason, and nothing is sent")
    func maxRejects() async throws {
        try await withDesk(receiver: { _, _ in .status(200) }) { desk, receiver in
            try desk.write("email\na@example.com\nnobody\nnoone\nb@example.com\n", to: "contacts.csv")
            try desk.writeJob(url: receiver.url())
            let strict = try await desk.fanfare("run", "job.yaml", "--max-rejects", "1")
            #expect(strict.status == 2)
            #expect(
                strict.errors == """
                    fanfare: \(desk.path("contacts.csv")):4: more than 1 row was rejected; the last: the address has no @

                    """
            )
            #expect(receiver.received.requests == 0)
            let lenient = try await desk.fanfare("run", "job.yaml", "--max-rejects", "2")
            #expect(lenient.status == 0, "\(lenient)")
            #expect(receiver.received.distinctIDs == 2)
        }
    }

    @Test(
        "a file whose every row is rejected is refused with their number, the first reason and the place of the rejects",
        arguments: zip(
            ["email,n\nnobody,1\nnoone,2\na@b@c,3\n", "email,n\n\nnobody,1\n"],
            [
                "contacts.csv:2: all 3 rows were rejected; the first: the address has no @",
                "contacts.csv:3: the only row was rejected: the address has no @",
            ]
        )
    )
    func allRejected(_ text: String, says: String) async throws {
        try await withDesk(receiver: { _, _ in .status(200) }) { desk, receiver in
            try desk.write(text, to: "contacts.csv")
            try desk.writeJob(url: receiver.url())
            let kept = "; see data/job.rejects.csv"
            for (command, end) in [("check", ""), ("run", kept), ("run", kept)] {
                let result = try await desk.fanfare(command, "job.yaml")
                #expect(result.status == 2)
                #expect(result.output.isEmpty)
                let message = result.errors.replacing(desk.path("contacts.csv"), with: "contacts.csv")
                let expected = "job.yaml:4:11: `audience.import`: \(says)\(end)\n    4 |   import: contacts.csv\n"
                #expect(message.hasPrefix(expected), "\(message)")
            }
            #expect(try desk.read("data/job.rejects.csv").contains(#""the address has no @","nobody,1""#))
            #expect(receiver.received.requests == 0)
            try desk.writeContacts(2)
            let mended = try await desk.fanfare("run", "job.yaml")
            #expect(mended.status == 0, "\(mended)")
            #expect(receiver.received.distinctIDs == 2)
        }
    }

    @Test("a stored audience takes the mended file after one whose every row was rejected")
    func allRejectedStored() async throws {
        try await withDesk { desk in
            try desk.write("email,score\nnobody,1\nnoone,2\n", to: "contacts.csv")
            let result = try await desk.fanfare(
                "audience",
                "import",
                "contacts.csv",
                "--name",
                "all",
                "--rejects",
                "bad.csv"
            )
            #expect(result.status == 2)
            #expect(
                result.errors == """
                    fanfare: contacts.csv:2: all 2 rows were rejected; the first: the address has no @; see bad.csv

                    """
            )
            #expect(desk.has("bad.csv"))
            try desk.write("email,score\na@example.com,1\n", to: "contacts.csv")
            let mended = try await desk.fanfare(
                "audience",
                "import",
                "contacts.csv",
                "--name",
                "all",
                "--column",
                "score=SCORE:number"
            )
            #expect(mended.status == 0, "\(mended)")
        }
    }

    /// The last is longer than any that the reader holds at once.
    @Test(
        "a JSON array is told from JSON Lines, and none of its contacts is taken",
        arguments: [
            (#"[{"email": "a@example.com"}]"#, 1, 1), ("\u{feff}\n [\n{\"email\": \"a@example.com\"}\n]\n", 1, 2),
            (#"{"email": "a@example.com"},"#, 700_000, 1),
        ]
    )
    func jsonArray(_ part: String, times: Int, line: Int) async throws {
        let text = times == 1 ? part : "[" + String(repeating: part, count: times) + "{}]"
        try await withDesk { desk in
            try desk.write(text, to: "contacts.jsonl")
            let result = try await desk.fanfare("audience", "import", "contacts.jsonl", "--name", "all")
            #expect(result.status == 2)
            #expect(
                result.errors == """
                    fanfare: contacts.jsonl:\(line): this is a JSON array; JSON Lines has one object a line

                    """
            )
        }
    }

    @Test("the rejects of a job with a long name are kept under its first characters")
    func longName() async throws {
        try await withDesk(receiver: { _, _ in .status(200) }) { desk, receiver in
            try desk.write("email\na@example.com\nnobody\n", to: "contacts.csv")
            try desk.writeJob(url: receiver.url())
            let name = "a" + String(repeating: "\u{540d}", count: 99)
            try desk.write(try desk.read("job.yaml").replacing("name: job", with: "name: \(name)"), to: "job.yaml")
            let run = try await desk.fanfare("run", "job.yaml")
            #expect(run.status == 0, "\(run)")
            // One byte, and 49 characters of three: a fiftieth would make it 151.
            let rejects = "data/a\(String(repeating: "\u{540d}", count: 49)).rejects.csv"
            #expect(run.errors.contains("1 rejected (see \(rejects))"))
            #expect(try desk.read(rejects).contains("nobody"))
        }
    }

    @Test("a header alone is nobody: said so, exit 0", arguments: ["email,n\n", "email,n\r\n\r\n"])
    func nobody(_ text: String) async throws {
        try await withDesk { desk in
            try desk.write(text, to: "contacts.csv")
            try desk.writeJob(url: "http://127.0.0.1:9/")
            let result = try await desk.fanfare("run", "job.yaml")
            #expect(result.status == 0)
            #expect(result.errors == "Imported 0 contacts.\nNobody to send to: the selection has no contacts.\n")
            #expect(result.output == "job: done, nobody to send to\n")
            let json = try objects(try await desk.fanfare("run", "job.yaml", "--again", "--json").output)
            #expect(json.first?["total"] as? Int == 0)
        }
    }

    @Test("a contact whose data cannot stand in a header is skipped with the reason, the others get theirs")
    func headers() async throws {
        try await withDesk(receiver: { _, _ in .status(200) }, keepsBodies: true) { desk, receiver in
            try desk.write(
                "email,name\na@example.com,Ann\nb@example.com,\"Bob\r\nX-Admin: yes\"\nc@example.com,\"Cy\nEve\"\n",
                to: "contacts.csv"
            )
            try desk.writeJob(
                url: receiver.url(),
                webhook: "  headers: {X-Name: \"*|NAME|*\"}\n  data: {to: \"*|EMAIL|*\"}"
            )
            let check = try await desk.fanfare("check", "job.yaml")
            #expect(check.status == 0)
            #expect(
                check.output.hasPrefix(
                    """
                    job: valid
                      contacts    3
                      recipients  3
                      requests    1
                      skipped     2: the contact's data cannot stand in a header (b@example.com, c@example.com)
                      starts      at once

                    """
                ),
                "\(check.output)"
            )
            let run = try await desk.fanfare("run", "job.yaml")
            #expect(run.status == 0, "\(run)")
            let skipped = try objects(
                try await desk.fanfare("deliveries", "job", "--state", "skipped", "--json").output
            )
            #expect(skipped.map { $0["email"] as? String } == ["b@example.com", "c@example.com"])
            for line in skipped { #expect(line["reason"] as? String == "the contact's data cannot stand in a header") }
            #expect(bodies(receiver) == [#"{"to":"a@example.com"}"#])
        }
    }

    @Test("a NUL in JSON Lines, bare or escaped, rejects its line alone")
    func nul() async throws {
        try await withDesk { desk in
            let lines = [
                #"{"email": "a@example.com", "name": "a\u0000b"}"#, #"{"email": "b@example.com", "name": "Bo"}"#,
            ]
            try desk.write(lines.joined(separator: "\n"), to: "contacts.jsonl")
            let result = try await desk.fanfare("audience", "import", "contacts.jsonl", "--name", "all")
            #expect(result.status == 0)
            #expect(
                result.errors == """
                    Imported 1 contact, 1 rejected (see below).
                      contacts.jsonl:1: the line is not valid JSON, or escapes a NUL

                    """
            )
        }
    }

    private func bodies(_ receiver: ScriptedReceiver) -> [String] {
        receiver.received.entriesByID.values.flatMap { $0 }.map { String(decoding: $0.body ?? [], as: UTF8.self) }
            .sorted()
    }
}
