import FanfareReceiver
import FanfareStore
import FanfareTesting
import GRDB
import Testing

@testable import FanfareDelivery

@Suite("A disk that is full stops the lane and loses nothing")
struct StorageTests {
    private static let slow = Behaviours.always(.status(200, after: .milliseconds(20)))

    private static func few(_ settings: inout DeliverySettings) {
        settings.maxInFlight = 8
        settings.concurrency = .fixed
    }

    /// Starts a run, fills the disk when 50 requests have come, and waits until the lane stands still.
    private func stalled(
        _ fixture: EngineFixture,
        _ engine: EngineUnderTest,
        _ receiver: ScriptedReceiver
    ) async throws -> EngineUnderTest.Run {
        let run = try engine.start(fixture.plan())
        try await receiver.received.waitForRequests(50)
        try fixture.ledger.fillDisk()
        try await run.wait(for: "a stall") { $0.stall != nil && $0.lane.inFlight == 0 }
        #expect(run.running.snapshot.stall?.code == .diskFull)
        #expect(run.running.snapshot.lane.pauses == .storage)
        return run
    }

    @Test("dispatch stops, what is in flight ends, and with room again it goes on to the end")
    func fillsAndEmpties() async throws {
        try await withEngine(contacts: 300, Self.slow, settings: Self.few) { fixture, engine, receiver in
            let run = try await stalled(fixture, engine, receiver)
            let sent = receiver.received.requests
            #expect(sent < 300)
            let onDisk = try FanOutResult(of: fixture.ledger)
            #expect((onDisk.states[.delivered] ?? 0) < sent)
            // Two more tries of the writer.
            try await Task.sleep(for: .milliseconds(1200))
            #expect(receiver.received.requests == sent)

            try fixture.ledger.emptyDisk()
            let result = try FanOutResult(await run.end(), fixture)
            #expect(result.isComplete)
            #expect(result.states == [.delivered: 300])
            #expect(receiver.received.ids == fixture.allIDs)
            #expect(receiver.received.repeats == 0)
            #expect(result.end?.snapshot.stall == nil)
        }
    }

    @Test("stop() while it is full ends with the error; what had no room is sent again, or held")
    func stopsWhileFull() async throws {
        try await withEngine(contacts: 300, Self.slow, settings: Self.few) { fixture, engine, receiver in
            let run = try await stalled(fixture, engine, receiver)
            let sent = receiver.received.requests
            run.running.stop()
            let result = try FanOutResult(await run.end(), fixture)
            #expect((result.failure as? StoreError)?.code == .diskFull)
            let recorded = try #require(result.states[.delivered])
            #expect(recorded < sent)

            try fixture.ledger.emptyDisk()
            let held = Ledger(path: fixture.folder.path("held.sqlite"))
            try fixture.ledger.openForReading().inDatabase { db in
                try db.execute(sql: "VACUUM INTO ?", arguments: [held.path])
            }
            #expect(try held.recover(.hold) >= sent - recorded)
            #expect(try FanOutResult(of: held).states[.delivered] == recorded)

            #expect(try fixture.ledger.recover(.resend) >= sent - recorded)
            let rest = try await engine.run(fixture)
            #expect(rest.states == [.delivered: 300])
            #expect(receiver.received.ids == fixture.allIDs)
            #expect(receiver.received.repeats == sent - recorded)
        }
    }
}

extension Ledger {
    /// From now on every commit fails as it does on a full disk.
    ///
    /// A table whose keys are used up is SQLite's other way to report `SQLITE_FULL`.
    fileprivate func fillDisk() throws {
        try openForWriting().writeWithoutTransaction { db in
            try db.inTransaction(.immediate) {
                try db.execute(
                    sql: """
                        CREATE TABLE full (id INTEGER PRIMARY KEY AUTOINCREMENT);
                        INSERT INTO full VALUES (9223372036854775807);
                        CREATE TRIGGER is_full BEFORE UPDATE ON progress BEGIN INSERT INTO full VALUES (NULL); END;
                        """
                )
                return .commit
            }
        }
    }

    fileprivate func emptyDisk() throws {
        try openForWriting().writeWithoutTransaction { db in
            try db.execute(sql: "DROP TRIGGER is_full; DROP TABLE full")
        }
    }
}
