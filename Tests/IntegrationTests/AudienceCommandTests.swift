import FanfareTesting
import Foundation
import Testing

/// Stored audiences through the command line: export and segments.
@Suite("Audience commands")
struct AudienceCommandTests {
    /// A desk whose audience `customers` has Ada (12 points, VIP) and Bob (3 points, unsubscribed).
    private func withCustomers(_ body: (Desk) async throws -> Void) async throws {
        try await withDesk { desk in
            try desk.write(
                "email,Score,Status,TAGS\nada@example.com,12,subscribed,VIP\nbob@example.com,3,unsubscribed,\n",
                to: "contacts.csv"
            )
            let result = try await desk.fanfare(
                "audience",
                "import",
                "contacts.csv",
                "--name",
                "customers",
                "--column",
                "Score=SCORE:number"
            )
            try #require(result.status == 0, "\(result.errors)")
            try await body(desk)
        }
    }

    @Test("an export is for its owner alone, and is read back as it was", .timeLimit(.minutes(1)))
    func export() async throws {
        try await withCustomers { desk in
            let export = try await desk.fanfare("audience", "export", "customers", "--output", "out.csv")
            #expect(export.status == 0, "\(export.errors)")
            let mode = try FileManager.default.attributesOfItem(atPath: desk.path("out.csv"))[.posixPermissions]
            #expect(mode as? Int == 0o600)
            let again = try await desk.fanfare(
                "audience",
                "import",
                "out.csv",
                "--name",
                "copy",
                "--column",
                "Score=SCORE:number"
            )
            #expect(again.status == 0, "\(again.errors)")
            let both = try await [
                desk.fanfare("audience", "export", "customers"), desk.fanfare("audience", "export", "copy"),
            ]
            #expect(both[0].output.contains("bob@example.com,3,"))
            #expect(both[0].output.count == both[1].output.count)
        }
    }

    @Test("what the help says of cells that a spreadsheet takes for formulas is so", .timeLimit(.minutes(1)))
    func formulas() async throws {
        try await withDesk { desk in
            let cells = ["+49 30 1", "+x", "-1", "=1+1", "@x"]
            try desk.write(
                "email,n\n" + cells.enumerated().map { "c\($0)@example.com,\($1)\n" }.joined(),
                to: "contacts.csv"
            )
            _ = try await desk.fanfare("audience", "import", "contacts.csv", "--name", "customers")
            let first = try await desk.fanfare("audience", "export", "customers", "--output", "out.csv")
            #expect(first.status == 0, "\(first)")
            let written = try desk.read("out.csv")
            for cell in ["\"'+49 30 1\"", ",+x,", ",-1,", ",=1+1,", ",@x,"] {
                #expect(written.contains(cell), "\(written)")
            }
            _ = try await desk.fanfare("audience", "import", "out.csv", "--name", "copy")
            let copy = try await desk.fanfare("audience", "export", "copy", "--format", "jsonl").output
            #expect(copy.contains("\"+49 30 1\""), "\(copy)")
            let help = try await desk.fanfare("audience", "export", "--help").output
            let words = help.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            #expect(words.contains("begins with + and a digit"), "\(help)")
            #expect(words.contains("an apostrophe stands before it"), "\(help)")
        }
    }

    @Test("an export into a folder that is not there leaves nothing and says so", .timeLimit(.minutes(1)))
    func exportNowhere() async throws {
        try await withCustomers { desk in
            let export = try await desk.fanfare("audience", "export", "customers", "--output", "no/out.csv")
            #expect(export.status == 1)
            #expect(export.errors.contains("cannot write no/out.csv"))
        }
    }

    @Test("a group of conditions is saved, listed and tried as one", .timeLimit(.minutes(1)))
    func segmentGroup() async throws {
        try await withCustomers { desk in
            let either =
                "{match: any, conditions: [{field: EMAIL, op: contains, value: bob}, {field: gmonkey, op: member}]}"
            let segment = "{conditions: [{field: SCORE, op: greater, value: 9}, \(either)]}"
            let saved = try await desk.fanfare("audience", "segment", "save", "customers", "few", "--segment", segment)
            #expect(saved.status == 0, "\(saved.errors)")
            let list = try await desk.fanfare("audience", "segment", "list", "customers")
            #expect(
                list.output.contains(
                    "few: all of\n  SCORE greater 9\n  any of\n    EMAIL contains \"bob\"\n    gmonkey member\n"
                ),
                "\(list.output)"
            )
            let test = try await desk.fanfare(
                "audience",
                "segment",
                "test",
                "customers",
                "--contact",
                "ada@example.com",
                "--segment",
                "few"
            )
            #expect(test.status == 3)
            #expect(test.output.contains("  not met  a group (one is enough)\n    not met  EMAIL contains \"bob\":"))
            let json = try await desk.fanfare("audience", "segment", "list", "customers", "--json")
            let group = try #require((try objects(json.output).first?["conditions"] as? [Any])?.last as? [String: Any])
            #expect(group["match"] as? String == "any")
            #expect(group["conditions"] as? [String] == ["EMAIL contains \"bob\"", "gmonkey member"])
            let deep = try await desk.fanfare(
                "audience",
                "segment",
                "count",
                "customers",
                "--segment",
                "{conditions: [{conditions: [\(either)]}]}"
            )
            #expect(deep.status == 2)
            #expect(
                deep.errors.contains("`conditions[0].conditions[0]`: a group is not accepted here"),
                "\(deep.errors)"
            )
        }
    }

    @Test("a segment test says which condition is met and what the contact has", .timeLimit(.minutes(1)))
    func segmentTest() async throws {
        try await withCustomers { desk in
            let saved = try await desk.fanfare(
                "audience",
                "segment",
                "save",
                "customers",
                "loyal",
                "--segment",
                "{conditions: [{field: SCORE, op: greater, value: 9}, {field: EMAIL, op: contains, value: bob}]}"
            )
            #expect(saved.status == 0, "\(saved.errors)")
            let test = try await desk.fanfare(
                "audience",
                "segment",
                "test",
                "customers",
                "--contact",
                "ADA@example.com",
                "--segment",
                "loyal"
            )
            #expect(test.status == 3)
            #expect(test.output.contains("  met      SCORE greater 9: the contact has \"12\""))
            #expect(test.output.contains("  not met  EMAIL contains \"bob\": the contact has \"ada@example.com\""))
            let tag = try await desk.fanfare(
                "audience",
                "segment",
                "test",
                "customers",
                "--contact",
                "ada@example.com",
                "--tag",
                "vip",
                "--json"
            )
            #expect(tag.status == 0)
            #expect(try objects(tag.output).first?["member"] as? Bool == true)
            let unsubscribed = try await desk.fanfare(
                "audience",
                "segment",
                "test",
                "customers",
                "--contact",
                "bob@example.com",
                "--segment",
                "{conditions: [{field: SCORE, op: is, value: 3}]}"
            )
            #expect(unsubscribed.status == 0)
            #expect(unsubscribed.output.contains("the contact is unsubscribed"))
        }
    }

    @Test(
        "what is misspelt is named with the nearest",
        .timeLimit(.minutes(1)),
        arguments: [
            (["export", "custmers"], "did you mean \"customers\"?"),
            (["export", "customers", "--tag", "VPI"], "did you mean \"VIP\"?"),
            (["export", "customers", "--field", "SCROE"], "did you mean SCORE?"),
            (
                ["segment", "count", "customers", "--segment", "{conditions: [{feild: SCORE}]}"],
                "did you mean `field`?"
            ),
            (
                ["segment", "count", "customers", "--segment", "{conditions: [{field: SCOR, op: is, value: 1}]}"],
                "did you mean SCORE?"
            ),
        ]
    )
    func misspelt(_ arguments: [String], _ expected: String) async throws {
        try await withCustomers { desk in
            let result = try await desk.finish(
                ChildProcess(
                    BuiltProgram.path("fanfare"),
                    ["audience"] + arguments,
                    environment: desk.environment,
                    in: desk.folder
                )
            )
            #expect(result.status == 2)
            #expect(result.errors.contains(expected), "\(result.errors)")
        }
    }
}
