import FanfareReceiver
import FanfareTesting
import Foundation
import Glibc
import Testing

/// Backups, erasure, the suppression list and retention, as an operator gives the commands.
@Suite(.serialized) struct StewardshipTests {
    private func withCustomers(_ body: (Desk, ScriptedReceiver) async throws -> Void) async throws {
        try await withDesk(receiver: { _, _ in .status(200) }) { desk, receiver in
            try desk.write("email\nada@example.com\nbob@example.com\n", to: "people.csv")
            let imported = try await desk.fanfare("audience", "import", "people.csv", "--name", "customers")
            try #require(imported.status == 0, "\(imported.errors)")
            try await body(desk, receiver)
        }
    }

    @Test("a backup beside a running daemon, restored: the webhooks of the new one stand still until told otherwise")
    func backsUp() async throws {
        try await withCustomers { desk, receiver in
            let made = try await desk.fanfare("webhook", "create", "customers", receiver.url("/hook"))
            try #require(made.status == 0, "\(made.errors)")
            let daemon = try desk.start("serve", "--listen", "0")
            try await eventually("it serves") { daemon.errors.contains("1 webhook at http") || !daemon.isRunning }
            let backup = try await desk.fanfare("backup", "copy")
            #expect(backup.status == 0 && backup.output.hasPrefix("copy: 6 files, "), "\(backup)")
            #expect(desk.has("copy/backup.json") && desk.has("copy/key"))
            let again = try await desk.fanfare("backup", "copy")
            #expect(again.status == 2 && again.errors.contains("copy holds a backup already"), "\(again)")
            daemon.signal(SIGTERM)
            _ = try await desk.finish(daemon)
            let taken = try await desk.fanfare("restore", "copy")
            #expect(taken.status == 2 && taken.errors.contains("data is there already"), "\(taken)")
            let restored = try await desk.fanfare("restore", "copy", "--data", "new")
            #expect(
                restored.status == 0 && restored.output.contains("webhooks of audiences stand still"),
                "\(restored)"
            )
            let status = try await desk.fanfare("status", "--data", "new")
            #expect(status.errors.contains("note: restored from a backup of "), "\(status)")
            let next = try desk.start("serve", "--listen", "0", "--data", "new")
            try await eventually("it says so") { next.errors.contains("was restored from a backup") }
            let unclear = try await desk.fanfare("webhook", "resume", "--data", "new")
            #expect(unclear.status == 2 && unclear.errors.contains("--uncertain resend"), "\(unclear)")
            let goesOn = try await desk.fanfare("webhook", "resume", "--uncertain", "leave", "--data", "new")
            #expect(goesOn.status == 0 && goesOn.output.hasPrefix("webhooks go on; 0 of"), "\(goesOn)")
            next.signal(SIGTERM)
            _ = try await desk.finish(next)
        }
    }

    @Test("a damaged backup is refused by the file's name, a folder that is none as that")
    func refusesDamaged() async throws {
        try await withCustomers { desk, _ in
            let json = try objects(try await desk.fanfare("backup", "copy", "--json").output)
            #expect(json.first?["files"] as? Int == 3 && json.first?["has_key"] as? Bool == true)
            var bytes = try Data(contentsOf: URL(fileURLWithPath: desk.path("copy/fanfare.sqlite")))
            bytes[bytes.count - 1] ^= 1
            try bytes.write(to: URL(fileURLWithPath: desk.path("copy/fanfare.sqlite")))
            let damaged = try await desk.fanfare("restore", "copy", "--data", "new")
            #expect(damaged.status == 1 && damaged.errors.contains("copy/fanfare.sqlite is damaged"), "\(damaged)")
            #expect(!desk.has("new") && !desk.has("new.restoring"))
            let none = try await desk.fanfare("restore", "nowhere", "--data", "new")
            #expect(none.status == 1 && none.errors == "fanfare: there is no nowhere\n", "\(none)")
        }
    }

    @Test(
        "a disk that is full is an error, and leaves nothing that could be taken for a backup",
        .enabled(if: SmallDisk.isPossible, "needs root, to mount a file system")
    )
    func fullDisk() async throws {
        try await withCustomers { desk, _ in
            try await SmallDisk.mounted(at: "disk", of: desk, options: "size=64k") { disk in
                for _ in 0..<2 {
                    // The second finds no folder that the first has left.
                    let full = try await desk.finish(try disk.start("backup", "disk/copy"))
                    #expect(full.status == 1 && full.errors.contains("full"), "\(full)")
                }
            }
        }
    }

    @Test("an erased contact is gone, its address is on the list, and neither import nor command takes it again")
    func erases() async throws {
        try await withCustomers { desk, _ in
            let erased = try await desk.fanfare("audience", "erase", "customers", "ada@example.com")
            #expect(erased.status == 0 && erased.output == "ada@example.com: erased\n", "\(erased)")
            let again = try await desk.fanfare("audience", "erase", "customers", "ada@example.com")
            #expect(again.status == 2, "\(again)")
            let imported = try await desk.fanfare("audience", "import", "people.csv", "--name", "customers")
            #expect(imported.errors.contains("1 updated, 1 on the suppression list left out"), "\(imported)")
            let added = try await desk.fanfare("audience", "add", "customers", "Ada@example.com")
            #expect(added.status == 2 && added.errors.contains("is on the suppression list"), "\(added)")
            let listed = try objects(try await desk.fanfare("suppress", "list", "--json").output)
            #expect(listed.count == 1 && listed[0]["reason"] as? String == "erased")
        }
    }

    @Test("the suppression list is filled from arguments and files, asked, and emptied")
    func suppresses() async throws {
        try await withCustomers { desk, _ in
            let header = "\u{FEFF}\"Email Address\"\r\n"
            try desk.write(header + (0..<400).map { "c\($0)@example.com\n" }.joined() + "\n", to: "never.txt")
            let imported = try await desk.fanfare("suppress", "import", "never.txt")
            #expect(imported.output == "400 addresses added\n", "\(imported)")
            let added = try await desk.fanfare("suppress", "add", "C1@example.com", "eve@example.com")
            #expect(added.output == "1 address added of 2 given\n", "\(added)")
            let asked = try await desk.fanfare("suppress", "list", "EVE@example.com", "bob@example.com")
            #expect(asked.output == "EVE@example.com: suppressed\nbob@example.com: not on the list\n", "\(asked)")
            let removed = try await desk.fanfare("suppress", "remove", "eve@example.com")
            #expect(removed.output == "1 address removed\n", "\(removed)")
            let none = try await desk.fanfare("suppress", "add", "nobody")
            #expect(none.status == 2 && none.errors.contains("the address has no @"), "\(none)")
        }
    }

    @Test("of a file with lines that are no address nothing is taken, and the lines are named")
    func suppressesNothingOfBadFile() async throws {
        try await withCustomers { desk, _ in
            let good = (0..<200).map { "c\($0)@example.com\n" }.joined()
            try desk.write("email\n\n\(good)nobody\nd@example.com\n@\n", to: "never.txt")
            let imported = try await desk.fanfare("suppress", "import", "never.txt")
            #expect(imported.status == 2 && imported.output.isEmpty, "\(imported)")
            let told = """
                fanfare: never.txt: 2 lines are no addresses, and nothing of the file was taken:
                  line 203: the address has no @: "nobody"
                  line 205: the address has nothing before or after its @: "@"

                """
            #expect(imported.errors == told, "\(imported)")
            try desk.write(String(repeating: "nobody\n", count: 13), to: "never.txt")
            let wrong = try await desk.fanfare("suppress", "import", "never.txt")
            #expect(wrong.errors.contains("13 lines are") && wrong.errors.hasSuffix("  and 3 more\n"), "\(wrong)")
            try desk.write("\(good)", to: "never.txt")
            let taken = try await desk.fanfare("suppress", "import", "never.txt")
            #expect(taken.output == "200 addresses added\n", "\(taken)")
        }
    }

    @Test("retention is for ever unless set")
    func retains() async throws {
        try await withCustomers { desk, _ in
            let before = try await desk.fanfare("retention")
            #expect(before.output.contains("events: kept for ever\n"), "\(before)")
            let set = try await desk.fanfare("retention", "events=30d", "fan_outs=12h")
            #expect(set.output.contains("events: kept 30 days 0 h\n"), "\(set)")
            let json = try objects(try await desk.fanfare("retention", "fan_outs=forever", "--json").output)
            #expect(json.first?["events"] as? Int == 30 * 86_400 && json.first?.count == 1)
            let wrong = try await desk.fanfare("retention", "cats=3d")
            #expect(wrong.status == 2 && wrong.errors.contains("event_bodies"), "\(wrong)")
            let pruned = try await desk.fanfare("prune", "--retention")
            #expect(pruned.output == "Nothing to forget: nothing is older than it is to be kept.\n", "\(pruned)")
        }
    }
}
