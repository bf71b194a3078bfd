import FanfareReceiver
import FanfareStore
import FanfareTesting
import Foundation
import GRDB
import Testing

@Suite("After sending: list, send again, forget", .serialized)
struct AfterSendingTests {
    /// Eight contacts; those whose number is a multiple of 3 get a 500 once each.
    private func withSentJob(_ body: (inout Desk, ScriptedReceiver) async throws -> Void) async throws {
        try await withDesk(receiver: { request, earlier in
            let fails = earlier == 0 && (request.target.hasSuffix("=3") || request.target.hasSuffix("=6"))
            return .status(fails ? 500 : 200)
        }) { desk, receiver in
            try desk.writeContacts(8)
            try desk.write(try desk.read("contacts.csv") + "=1+1@example.com,9\n", to: "contacts.csv")
            try desk.writeJob(url: receiver.url("/?n=*|N|*"), delivery: "  retry_on: []\n")
            #expect(try await desk.fanfare("run", "job.yaml").status == 3)
            try await body(&desk, receiver)
        }
    }

    @Test("a list is filtered, paged and exported; a formula is no formula in CSV")
    func list() async throws {
        try await withSentJob { desk, _ in
            for (arguments, wanted) in [
                (["--state", "dead"], ["c3@example.com", "c6@example.com"]),
                (["--status", "5xx", "--attempts", "1"], ["c3@example.com", "c6@example.com"]),
                (["--status", "404,500-504", "--after", "3"], ["c6@example.com"]),
                (["--reason", "status", "--limit", "1"], ["c3@example.com"]),
                (["--reason", "timeout"], []),
                (["--since", "1h", "--state", "dead", "--until", "1m"], []),
                (["--contact", "C6@example.com", "--state", "delivered"], []),
            ] {
                let all = ["deliveries", "job", "--json"] + arguments
                let child = try ChildProcess(
                    BuiltProgram.path("fanfare"),
                    all,
                    environment: desk.environment,
                    in: desk.folder
                )
                let result = try await desk.finish(child)
                #expect(result.status == 0, "\(arguments): \(result.errors)")
                #expect(try objects(result.output).map { $0["email"] as? String } == wanted, "\(arguments)")
            }
            let page = try await desk.fanfare("deliveries", "job", "--limit", "4")
            #expect(page.output.split(separator: "\n").count == 5)
            #expect(page.errors.contains("--after 4"))
            let table = try await desk.fanfare("deliveries", "job", "--format", "csv")
            #expect(table.output.contains("\n'=1+1@example.com,delivered,"))
            #expect(table.output.contains("\nc1@example.com,delivered,"))
        }
    }

    @Test("a reader that has seen enough ends the list quietly")
    func brokenPipe() async throws {
        try await withSentJob { desk, _ in
            let result = try await desk.fanfare(
                under: "trap '' PIPE; exec > >(exec head -c 1 > /dev/null); sleep 0.3; exec 3>&1",
                "deliveries",
                "job"
            )
            #expect(result.errors == "")
            #expect(result.status == 0)
            let full = try await desk.fanfare(under: "exec > /dev/full", "deliveries", "job")
            #expect(full.errors == "fanfare: the output is not complete: No space left on device\n")
            #expect(full.status == 1)
        }
    }

    @Test("one delivery shows its attempts, is sent again with its id, and keeps its history")
    func resend() async throws {
        try await withSentJob { desk, receiver in
            let before = try await desk.fanfare("deliveries", "job", "--contact", "c3@example.com", "--json")
            let first = try #require(try objects(before.output).first)
            #expect((first["history"] as? [[String: Any]])?.first?["status"] as? Int == 500)
            let again = try await desk.fanfare("deliveries", "resend", "job", "--contact", "c3@example.com", "--json")
            #expect(again.status == 0)
            let sent = try #require(try objects(again.output).first)
            #expect(sent["state"] as? String == "delivered")
            #expect(sent["id"] as? String == first["id"] as? String)
            #expect(receiver.received.requests == 10)
            let refused = try await desk.fanfare("deliveries", "resend", "job", "--contact", "c3@example.com")
            #expect(refused.status == 2)
            #expect(refused.errors.contains("add --yes"))
            let third = try await desk.fanfare(
                "deliveries",
                "resend",
                "job",
                "--contact",
                "c3@example.com",
                "--yes",
                "--json"
            )
            let history = try #require(try objects(third.output).first?["history"] as? [[String: Any]])
            #expect(history.map { $0["status"] as? Int } == [500, 200, 200])
            #expect(receiver.received.requests == 11)
            #expect(receiver.received.distinctIDs == 9)
            let nobody = try await desk.fanfare("deliveries", "resend", "job", "--contact", "x@example.com")
            #expect(nobody.status == 2)
            #expect(nobody.errors == "fanfare: the contacts of job have no address x@example.com\n")
        }
    }

    @Test("the dead are sent again, after a dry run that changes nothing; then there is nothing left")
    func retry() async throws {
        try await withSentJob { desk, receiver in
            let dry = try await desk.fanfare("retry", "job", "--status", "500", "--dry-run")
            #expect(dry.output == "job: 2 dead deliveries would be sent again, with the same ids\n")
            #expect(receiver.received.requests == 9)
            let none = try await desk.fanfare("retry", "job", "--uncertain")
            #expect(none.status == 0)
            #expect(none.output.contains("nothing to send again"))
            let result = try await desk.fanfare("retry", "job")
            #expect(result.status == 0)
            #expect(result.errors.hasPrefix("Reopening 2 dead deliveries of job.\n"))
            #expect(receiver.received.requests == 11)
            #expect(receiver.received.distinctIDs == 9)
            #expect(try await desk.fanfare("status").output.contains("job: ended\n  delivered 9 (of 9)"))
        }
    }

    @Test("what was pruned is still known: by status, by run, by name")
    func prune() async throws {
        try await withSentJob { desk, _ in
            #expect(try await desk.fanfare("prune").output.contains("Nothing to forget"))
            #expect(try await desk.fanfare("prune", "--name", "job", "--dry-run").output.contains("job, 9 deliveries"))
            #expect(try await desk.fanfare("deliveries", "job").status == 0)
            #expect(try await desk.fanfare("prune", "--older-than", "0s").output.contains("are free again"))
            #expect(try await desk.fanfare("status").output.contains("job: ended, pruned on "))
            for command in [["deliveries", "job"], ["retry", "job"]] {
                let child = try ChildProcess(
                    BuiltProgram.path("fanfare"),
                    command,
                    environment: desk.environment,
                    in: desk.folder
                )
                let result = try await desk.finish(child)
                #expect(result.status == 2)
                #expect(result.errors.contains("was pruned on") && result.errors.contains("delivered 7, dead 2"))
            }
            #expect(try await desk.fanfare("run", "job.yaml").errors.contains("--again"))
        }
    }

    @Test("prune of a name says why nothing of it is forgotten")
    func pruneObstacles() async throws {
        try await withSentJob { desk, _ in
            let young = try await desk.fanfare("prune", "--name", "job", "--older-than", "1h")
            #expect(young.output.hasPrefix("Nothing to forget: job ended on "), "\(young)")
            #expect(young.output.hasSuffix(", which is not that long ago.\n"), "\(young)")
            _ = try await desk.fanfare("prune", "--name", "job")
            let pruned = try await desk.fanfare("prune", "--name", "job")
            #expect(pruned.status == 0)
            #expect(pruned.output.hasPrefix("Nothing to forget: job, run 1, was pruned on "), "\(pruned)")
            let json = try objects(try await desk.fanfare("prune", "--name", "job", "--json").output)
            #expect((json.first?["reason"] as? String)?.hasPrefix("job, run 1, was pruned on ") == true, "\(json)")
            try desk.writeJob(url: "http://127.0.0.1:9/", more: "schedule: {at: 2035-01-01 00:00, time_zone: UTC}")
            let run = try desk.start("run", "job.yaml", "--again")
            for _ in 0..<300 {
                if try await desk.fanfare("status", "job").output.contains("run 2: scheduled") { break }
                try await Task.sleep(for: .milliseconds(50))
            }
            run.signal(SIGINT)
            #expect(try await desk.finish(run).status == 130)
            let waiting = try await desk.fanfare("prune", "--name", "job", "--dry-run")
            #expect(waiting.output.hasPrefix("Nothing to forget: job, run 2, has not ended"), "\(waiting)")
        }
    }

    @Test("a name that there is not is told with the nearest also while another process owns the directory")
    func unknownBesideOwner() async throws {
        try await withSentJob { desk, _ in
            let owner = try DataDirectory(path: desk.path("data"), access: .own)
            for command in [["retry", "jop"], ["prune", "--name", "jop"], ["deliveries", "resend", "jop"]] {
                let child = try ChildProcess(
                    BuiltProgram.path("fanfare"),
                    command + (command.contains("resend") ? ["--contact", "c3@example.com"] : []),
                    environment: desk.environment,
                    in: desk.folder
                )
                let result = try await desk.finish(child)
                #expect(result.status == 2, "\(command): \(result)")
                #expect(result.errors.contains("there is no fan-out \"jop\""), "\(command): \(result)")
                #expect(result.errors.contains("did you mean \"job\"?"), "\(command): \(result)")
            }
            withExtendedLifetime(owner) {}
        }
    }

    @Test("beside the process that runs the fan-out, it is refused with that one's pid, and sends nothing")
    func besideOwner() async throws {
        try await withDesk(receiver: { _, _ in .status(200, after: .milliseconds(100)) }) { desk, receiver in
            // Enough for as long as the commands may take.
            try desk.writeContacts(2000)
            try desk.writeJob(url: receiver.url(), delivery: "  max_in_flight: 2\n  concurrency: fixed")
            let owner = try desk.start("run", "job.yaml")
            try await receiver.received.waitForRequests(4)
            let pid = try #require(try desk.read("data/lock").split(separator: "\n").first)
            for states in ["dead", "uncertain", "cancelled"] {
                let retry = try await desk.fanfare("retry", "job", "--state", states)
                #expect(retry.status == 1)
                #expect(retry.errors.contains("process \(pid)"), "\(retry.errors)")
                #expect(retry.output.isEmpty)
            }
            owner.signal(SIGINT)
            #expect(try await desk.finish(owner).status == 130)
            #expect(receiver.received.ids.count == receiver.received.requests)
        }
    }

    /// What may have become of a ledger, and what every command says of it.
    enum Damage: String, CaseIterable {
        case cutShort = "it was cut short, to "
        case logLost = "an older copy was put in its place"
        case flippedByte = "a page of it is not as it was written"
        case newerVersion = "made by a newer version of fanfare"
    }

    @Test("a damaged ledger is named by every command that reads it, and nothing is sent", arguments: Damage.allCases)
    func damaged(_ damage: Damage) async throws {
        try await withDesk(receiver: { _, _ in .status(200, after: .milliseconds(100)) }) { desk, receiver in
            try desk.writeContacts(60)
            try desk.writeJob(url: receiver.url(), delivery: "  max_in_flight: 4\n  concurrency: fixed")
            try await interrupt(desk, receiver, after: 8)
            let folder = desk.path("data/fanouts")
            let name = try #require(FileManager.default.contentsOfDirectory(atPath: folder).first { $0.hasSuffix("e") })
            let file = URL(fileURLWithPath: folder + "/" + name)
            let earlier = try Data(contentsOf: file)
            try await interrupt(desk, receiver, after: receiver.received.requests + 8)
            // A run that ends in good order leaves all in the file, so that the file alone can be kept and held against
            // what is known of it.
            if desk.has("data/fanouts/\(name)-wal") {
                #expect(try Data(contentsOf: URL(fileURLWithPath: file.path + "-wal")).isEmpty)
            }
            var bytes = try Data(contentsOf: file)
            switch damage {
            case .cutShort: bytes = bytes.prefix(bytes.count / 2)
            case .logLost: bytes = earlier
            case .flippedByte: bytes[3000] ^= 0x40
            case .newerVersion: break
            }
            try bytes.write(to: file)
            if damage == .newerVersion {
                let database = try DatabaseFile.open(file.path, mode: .mustExist)
                try await database.write {
                    try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('ledger.9 from the future')")
                }
                try database.close()
            }
            let sent = receiver.received.requests
            for command in [
                ["run", "job.yaml"], ["status"], ["deliveries", "job"], ["retry", "job"], ["report", "job"],
            ] {
                let child = try ChildProcess(
                    BuiltProgram.path("fanfare"),
                    command,
                    environment: desk.environment,
                    in: desk.folder
                )
                let result = try await desk.finish(child)
                #expect(result.status == 1, "\(command): \(result.output)\(result.errors)")
                #expect(result.errors.contains("data/fanouts/\(name)"), "\(command): \(result.errors)")
                #expect(result.errors.contains(damage.rawValue), "\(command): \(result.errors)")
                guard damage != .newerVersion else { continue }
                #expect(result.errors.contains("Restore it from a backup"), "\(command): \(result.errors)")
            }
            #expect(receiver.received.requests == sent)
        }
    }

    /// Runs the job until so many requests came, and ends it with Ctrl-C.
    private func interrupt(_ desk: Desk, _ receiver: ScriptedReceiver, after requests: Int) async throws {
        let child = try desk.start("run", "job.yaml")
        try await receiver.received.waitForRequests(requests)
        child.signal(SIGINT)
        #expect(try await desk.finish(child).status == 130)
    }
}
