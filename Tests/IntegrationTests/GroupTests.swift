import FanfareReceiver
import FanfareTesting
import Testing

/// Groups of contacts, which a template asks for by their names.
@Suite struct GroupTests {
    private func writeJob(
        _ desk: Desk,
        asking question: String,
        columns: String = "{Interests: {role: group}}"
    ) throws {
        try desk.write(
            "email,Interests\nada@example.com,\"Red, Blue\"\nbob@example.com,Blue\ncy@example.com,\n",
            to: "contacts.csv"
        )
        try desk.writeJob(
            url: "https://receiver.example/",
            audience: "  columns: \(columns)\n",
            webhook: "  data: {to: \"*|INTERESTED:\(question)|*yes*|ELSE:|*no*|END:INTERESTED|*\"}"
        )
    }

    @Test("a group that the contacts have is asked for")
    func known() async throws {
        try await withDesk { desk in
            try writeJob(desk, asking: "Interests:Red")
            let check = try await desk.fanfare("check", "job.yaml")
            #expect(check.status == 0, "\(check.errors)")
            // A row alone does not know the file's other groups.
            for (contact, says) in [("ada", "yes"), ("bob", "no"), ("cy", "no")] {
                let preview = try await desk.fanfare("preview", "job.yaml", "--contact", "\(contact)@example.com")
                #expect(preview.output.contains("\"to\":\"\(says)\""), "\(preview)")
            }
        }
    }

    @Test(
        "a misspelt group or category is told with its place and the nearest name",
        arguments: zip(
            ["Interest:Red", "Interests:Rde"],
            [
                "unknown category \"Interest\" (did you mean Interests?)",
                "unknown group \"Rde\" of Interests (did you mean Red?)",
            ]
        )
    )
    func misspelt(question: String, says: String) async throws {
        try await withDesk { desk in
            try writeJob(desk, asking: question)
            for command in ["check", "preview"] {
                let result = try await desk.fanfare(command, "job.yaml")
                #expect(result.status == 2)
                #expect(result.errors.contains("job.yaml:9:14: `webhook.data.to`: \(says)"), "\(result.errors)")
            }
        }
    }

    @Test("a column of groups that is read as a field is told")
    func field() async throws {
        try await withDesk { desk in
            try writeJob(desk, asking: "Interests:Red", columns: "{}")
            let result = try await desk.fanfare("check", "job.yaml")
            #expect(result.status == 2)
            #expect(result.errors.contains("the audience has no groups"), "\(result.errors)")
        }
    }
}
