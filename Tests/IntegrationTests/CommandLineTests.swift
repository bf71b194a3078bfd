import FanfareTesting
import Foundation
import Testing

/// What holds of every command: slips are answered with the nearest name, and help has examples.
@Suite("Command line")
struct CommandLineTests {
    @Test(
        "a misspelt command names the nearest one",
        .timeLimit(.minutes(1)),
        arguments: [
            (["chek", "job.yaml"], "fanfare check"), (["audience", "lst"], "fanfare audience list"),
            (["audience", "segment", "tset"], "fanfare audience segment test"),
        ]
    )
    func misspeltCommand(_ arguments: [String], _ expected: String) async throws {
        try await withDesk { desk in
            let result = try await desk.finish(
                ChildProcess(BuiltProgram.path("fanfare"), arguments, environment: desk.environment, in: desk.folder)
            )
            #expect(result.status == 2)
            #expect(result.errors.contains("Did you mean: \(expected)?"))
        }
    }

    @Test(
        "help with a command that there is not is refused",
        arguments: [
            (["help", "rnu"], "fanfare: there is no command \"fanfare rnu\"\nDid you mean: fanfare run?\n"),
            (
                ["help", "audience", "imprt"],
                "fanfare: there is no command \"fanfare audience imprt\"\nDid you mean: fanfare audience import?\n"
            ),
            (["help", "xyzzy"], "fanfare: there is no command \"fanfare xyzzy\"\n"),
        ]
    )
    func unknownHelp(_ arguments: [String], _ expected: String) async throws {
        try await withDesk { desk in
            let result = try await desk.finish(
                ChildProcess(BuiltProgram.path("fanfare"), arguments, environment: desk.environment, in: desk.folder)
            )
            #expect(result.status == 2)
            #expect(result.errors == expected)
            #expect(result.output.isEmpty)
        }
    }

    @Test(
        "help with a command shows it",
        arguments: [["help"], ["help", "help"], ["help", "run"], ["help", "audience", "import"]]
    )
    func help(_ arguments: [String]) async throws {
        try await withDesk { desk in
            let result = try await desk.finish(
                ChildProcess(BuiltProgram.path("fanfare"), arguments, environment: desk.environment, in: desk.folder)
            )
            #expect(result.status == 0, "\(result)")
            #expect(result.output.contains("USAGE: fanfare"))
        }
    }

    @Test("a variable that is nearly called as one that is read is warned of", .timeLimit(.minutes(1)))
    func misspeltVariable() async throws {
        try await withDesk { desk in
            desk.environment["FANFARE_LOOP"] = "2"
            desk.environment["FANFARE_WEBHOOK_KEY"] = "mine"
            let result = try await desk.fanfare("schema")
            #expect(result.status == 0)
            #expect(result.errors == "warning: FANFARE_LOOP is not read; did you mean FANFARE_LOOPS?\n")
        }
    }

    @Test("every command's help has an example", .timeLimit(.minutes(1)))
    func examples() async throws {
        try await withDesk { desk in
            let dump = try await desk.fanfare("--experimental-dump-help")
            let root = try #require(
                try JSONSerialization.jsonObject(with: Data(dump.output.utf8)) as? [String: Any]
            )
            let command = try #require(root["command"] as? [String: Any])
            var count = 0
            func visit(_ command: [String: Any], _ path: [String]) {
                let path = path + [command["commandName"] as? String ?? "?"]
                let commands = command["subcommands"] as? [[String: Any]] ?? []
                for next in commands { visit(next, path) }
                guard commands.isEmpty, path.last != "help" else { return }
                count += 1
                let discussion = command["discussion"] as? String ?? ""
                #expect(discussion.contains("Example"), "\(path.joined(separator: " ")) has no example")
                // The default of a group is called by the group's name.
                let names = [path, path.last == "list" ? path.dropLast() : path]
                #expect(names.contains { discussion.contains($0.joined(separator: " ")) })
            }
            visit(command, [])
            #expect(count > 10)
        }
    }
}
