import FanfareTesting
import Foundation
import Testing

/// Changes of single contacts through the command line, where no daemon runs.
@Suite struct ContactCommandTests {
    private func withCustomers(_ body: (Desk) async throws -> Void) async throws {
        try await withDesk { desk in
            try desk.write("email,Score,Colour\nada@example.com,12,red\n", to: "contacts.csv")
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

    private func shown(_ address: String, _ desk: Desk) async throws -> [String: Any] {
        let result = try await desk.fanfare("audience", "show", "customers", "--contact", address, "--json")
        return try #require(try objects(result.output).first, "\(result.errors)")
    }

    @Test("a contact is added, changed, tagged, unsubscribed and archived", .timeLimit(.minutes(1)))
    func life() async throws {
        try await withCustomers { desk in
            let steps: [(arguments: [String], output: String)] = [
                (["add", "bob@example.com", "--field", "SCORE=3", "--tag", "new"], "added, subscribed"),
                (["set", "bob@example.com", "--field", "score=4", "--field", "COLOUR=blue"], "changed"),
                (["set", "bob@example.com", "--field", "SCORE=4"], "nothing to change"),
                (["tag", "bob@example.com", "vip", "spring sale"], "tagged"),
                (["untag", "bob@example.com", "NEW"], "untagged"),
                (["unsubscribe", "bob@example.com", "--reason", "abuse"], "unsubscribed"),
                (["set", "bob@example.com", "--status", "subscribed", "--new-address", "bob@example.org"], "changed"),
                (["delete", "bob@example.org"], "archived"),
            ]
            for (arguments, output) in steps {
                let all = ["audience", arguments[0], "customers"] + arguments.dropFirst()
                let child = try ChildProcess(
                    BuiltProgram.path("fanfare"),
                    all,
                    environment: desk.environment,
                    in: desk.folder
                )
                let result = try await desk.finish(child)
                #expect(result.status == 0 && result.output == "\(arguments[1]): \(output)\n", "\(result)")
            }
            let bob = try await shown("bob@example.org", desk)
            #expect(bob["status"] as? String == "archived" && bob["tags"] as? [String] == ["spring sale", "vip"])
            #expect(bob["fields"] as? [String: String] == ["SCORE": "4", "COLOUR": "blue"])
            let json = try await desk.fanfare("audience", "add", "customers", "eve@example.com", "--json")
            #expect(try objects(json.output).first?["added"] as? Bool == true)
        }
    }

    @Test("what cannot be done says why, and ends with 2", .timeLimit(.minutes(1)))
    func refusals() async throws {
        try await withCustomers { desk in
            func refused(_ arguments: String..., says text: String) async throws {
                let child = try ChildProcess(
                    BuiltProgram.path("fanfare"),
                    ["audience"] + arguments,
                    environment: desk.environment,
                    in: desk.folder
                )
                let result = try await desk.finish(child)
                #expect(result.status == 2 && result.errors.contains(text), "\(arguments): \(result)")
                #expect(result.output.isEmpty)
            }
            try await refused("add", "customers", "ada@example.com", says: "is in the audience already")
            try await refused("add", "customers", "no address", says: "the address holds a space")
            try await refused("add", "custmers", "a@example.com", says: "did you mean \"customers\"?")
            try await refused("set", "customers", "eve@example.com", "--field", "SCORE=1", says: "has no contact eve@")
            try await refused("set", "customers", "ada@example.com", "--field", "SCORE=x", says: "is not a number")
            try await refused("set", "customers", "ada@example.com", "--field", "SCOR=1", says: "did you mean SCORE?")
            try await refused("set", "customers", "ada@example.com", "--field", "=1", says: "write NAME=VALUE")
            try await refused("set", "customers", "ada@example.com", "--group", "A=b", says: "it has no groups")
            try await refused("untag", "customers", "ada@example.com", "vip", says: "the audience has no tag \"vip\"")
            try await refused("unsubscribe", "customers", "ada@example.com", "--reason", "x", says: "manual")
            let ada = try await shown("ada@example.com", desk)
            #expect(ada["fields"] as? [String: String] == ["SCORE": "12", "COLOUR": "red"])
        }
    }
}
