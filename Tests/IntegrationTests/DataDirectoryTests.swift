import FanfareReceiver
import FanfareTesting
import Foundation
import Testing

/// Data directories that cannot be used, or not any longer.
@Suite struct DataDirectoryTests {
    @Test("a second process is refused with the first one's pid and a way out; looking is allowed")
    func owned() async throws {
        try await withDesk(receiver: { _, _ in .status(200, after: .milliseconds(100)) }) { desk, receiver in
            try desk.writeContacts(400)
            try desk.writeJob(url: receiver.url(), delivery: "  max_in_flight: 2\n  concurrency: fixed")
            let owner = try desk.start("run", "job.yaml")
            try await receiver.received.waitForRequests(4)
            for arguments in [["run", "job.yaml"], ["audience", "import", "contacts.csv", "--name", "all"]] {
                let child = try ChildProcess(
                    BuiltProgram.path("fanfare"),
                    arguments,
                    environment: desk.environment,
                    in: desk.folder
                )
                let refused = try await desk.finish(child)
                #expect(refused.status == 1)
                #expect(
                    refused.errors == """
                        fanfare: the data directory data is owned by process \(owner.id); wait for it, or choose another \
                        with --data

                        """
                )
            }
            #expect(try await desk.fanfare("status", "job").output.hasPrefix("job: running\n"))
            #expect(try await desk.fanfare("deliveries", "job").status == 0)
            owner.signal(SIGINT)
            #expect(try await desk.finish(owner).status == 130)
            #expect(receiver.received.repeats == 0)
        }
    }

    @Test("a parent that is missing, and a file in its place, are told")
    func impossible() async throws {
        try await withDesk { desk in
            try desk.writeContacts(1)
            try desk.writeJob(url: "http://127.0.0.1:9/")
            let orphan = try await desk.fanfare("run", "job.yaml", "--data", "no/such/data")
            #expect(orphan.status == 1)
            #expect(
                orphan.errors == """
                    fanfare: cannot create the data directory no/such/data: the folder that it is to stand in does not exist

                    """
            )
            let file = try await desk.fanfare("run", "job.yaml", "--data", "job.yaml")
            #expect(file.status == 1)
            #expect(file.errors == "fanfare: job.yaml is no directory, so it cannot be the data directory\n")
            for arguments in [["status"], ["deliveries", "job"], ["audience", "list"]] {
                let child = try ChildProcess(
                    BuiltProgram.path("fanfare"),
                    arguments,
                    environment: desk.environment,
                    in: desk.folder
                )
                let nothing = try await desk.finish(child)
                #expect(nothing.status == 1)
                #expect(
                    nothing.errors == """
                        fanfare: there is no data directory data; the first run makes it, another is chosen with --data

                        """
                )
            }
            #expect(!desk.has("data"))
        }
    }

    @Test(
        "a disk that may not be written is told, and nothing begins",
        .enabled(if: SmallDisk.isPossible, "needs root, to mount a file system")
    )
    func readOnly() async throws {
        try await withDesk(receiver: { _, _ in .status(200) }) { desk, receiver in
            try desk.writeContacts(1)
            try desk.writeJob(url: receiver.url())
            try await SmallDisk.mounted(at: "data", of: desk, options: "ro") { disk in
                let result = try await desk.finish(try disk.start("run", "job.yaml"))
                #expect(result.status == 1)
                #expect(result.errors == "fanfare: the data directory data cannot be written: Read-only file system\n")
            }
            #expect(receiver.received.requests == 0)
            #expect(try await desk.fanfare("run", "job.yaml").status == 0)
        }
    }

    @Test(
        "a disk that fills in mid-run stops dispatch, and the run goes on by itself when there is room",
        .enabled(if: SmallDisk.isPossible, "needs root, to mount a file system")
    )
    func fullThenRoom() async throws {
        try await withStalledRun(contacts: 600) { desk, receiver, disk, child in
            #expect(child.isRunning)
            let stalled = receiver.received.requests
            #expect(stalled < 600)
            try disk.makeRoom()
            let result = try await desk.finish(child)
            #expect(result.status == 0, "\(result)")
            #expect(receiver.received.distinctIDs == 600)
            #expect(receiver.received.repeats == 0)
        }
    }

    @Test(
        "on a full disk Ctrl-C stops cleanly, and the run resumes when there is room",
        .enabled(if: SmallDisk.isPossible, "needs root, to mount a file system")
    )
    func fullThenInterrupted() async throws {
        try await withStalledRun(contacts: 400) { desk, receiver, disk, child in
            child.signal(SIGINT)
            let stopped = try await desk.finish(child)
            #expect(stopped.status == 1)
            let headline =
                #/job: failed: \/[^\n]*\/data/fanouts/[0-9a-f]+\.sqlite: database or disk is full \(SQLite code 13\)\n/#
            #expect(stopped.output.prefixMatch(of: headline) != nil, "\(stopped.output)")
            let advice = "\n  Nothing is lost. Mend the cause, then go on with: fanfare run job.yaml\n"
            #expect(stopped.output.hasSuffix(advice), "\(stopped.output)")
            try disk.makeRoom()
            let resumed = try await desk.finish(try disk.start("run", "job.yaml"))
            #expect(resumed.status == 0, "\(resumed)")
            #expect(receiver.received.distinctIDs == 400)
        }
    }

    /// Runs a job until its disk is full and its ledger cannot be written.
    private func withStalledRun(
        contacts: Int,
        _ body: (Desk, ScriptedReceiver, SmallDisk, ChildProcess) async throws -> Void
    ) async throws {
        try await withDesk(receiver: { _, _ in .status(200, after: .milliseconds(20)) }) { desk, receiver in
            try desk.writeContacts(contacts)
            try desk.writeJob(url: receiver.url(), delivery: "  max_in_flight: 8\n  concurrency: fixed")
            try await SmallDisk.mounted(at: "data", of: desk, options: "size=8m") { disk in
                let child = try disk.start("run", "job.yaml")
                try await receiver.received.waitForRequests(40)
                try disk.fill()
                try await eventually("the stall, had: \(child.errors)") {
                    child.errors.contains(" error: ledger cannot be written")
                }
                try await body(desk, receiver, disk, child)
            }
        }
    }

    @Test(
        "a disk that is full from the start is told, and the run begins when there is room",
        .enabled(if: SmallDisk.isPossible, "needs root, to mount a file system")
    )
    func fullFromTheStart() async throws {
        try await withDesk(receiver: { _, _ in .status(200) }) { desk, receiver in
            try desk.writeContacts(20_000)
            try desk.writeJob(url: receiver.url())
            try await SmallDisk.mounted(at: "data", of: desk, options: "size=1m") { disk in
                let result = try await desk.finish(try disk.start("run", "job.yaml"))
                #expect(result.status == 1)
                let line = #/fanfare: data/audiences/[0-9a-f]+\.sqlite: database or disk is full\n/#
                #expect(result.errors.wholeMatch(of: line) != nil, "\(result.errors)")
                #expect(receiver.received.requests == 0)
                try await disk.grow(to: "64m")
                try desk.writeContacts(20)
                let second = try await desk.finish(try disk.start("run", "job.yaml"))
                #expect(second.status == 0, "\(second)")
                #expect(receiver.received.distinctIDs == 20)
            }
        }
    }
}
