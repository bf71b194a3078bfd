import FanfareReceiver
import FanfareStore
import FanfareTesting
import Testing

@testable import FanfareDelivery

@Suite("A disk that is full stops the lane and loses nothing")
struct StorageTests {
    private func withDisk(
        _ disk: Disk,
        _ body: (EngineFixture, EngineUnderTest, ScriptedReceiver) async throws -> Void
    ) async throws {
        try await disk.withFolder { folder in
            try await withScriptedReceiver(Behaviours.always(.status(200, after: .milliseconds(20)))) { receiver in
                let fixture = try EngineFixture(contacts: 300, url: receiver.url(""), in: folder) {
                    $0.maxInFlight = 8
                    $0.concurrency = .fixed
                }
                try await withEngine(loops: 1) { try await body(fixture, $0, receiver) }
            }
        }
    }

    /// Starts a run, fills the disk when 50 requests have come, and waits until the lane stands still.
    private func stalled(
        _ disk: Disk,
        _ fixture: EngineFixture,
        _ engine: EngineUnderTest,
        _ receiver: ScriptedReceiver
    ) async throws -> EngineUnderTest.Run {
        let run = try engine.start(fixture.plan())
        try await receiver.received.waitForRequests(50)
        try disk.fill(fixture.ledger, fixture.folder)
        try await run.wait(for: "a stall") { $0.stall != nil && $0.lane.inFlight == 0 }
        #expect(run.running.snapshot.stall?.code == .diskFull)
        #expect(run.running.snapshot.lane.pauses == .storage)
        return run
    }

    @Test(
        "dispatch stops, what is in flight ends, and with room again it goes on to the end",
        arguments: Disk.available
    )
    func fillsAndEmpties(_ disk: Disk) async throws {
        try await withDisk(disk) { fixture, engine, receiver in
            let run = try await stalled(disk, fixture, engine, receiver)
            let sent = receiver.received.requests
            #expect(sent < 300)
            let onDisk = try FanOutResult(of: fixture.ledger)
            #expect((onDisk.states[.delivered] ?? 0) < sent)
            try await Task.sleep(for: .milliseconds(300))
            #expect(receiver.received.requests == sent)

            try disk.empty(fixture.ledger, fixture.folder)
            let result = try FanOutResult(await run.end(), fixture)
            #expect(result.isComplete)
            #expect(result.states == [.delivered: 300])
            #expect(receiver.received.ids == fixture.allIDs)
            #expect(receiver.received.repeats == 0)
            #expect(result.end?.snapshot.stall == nil)
        }
    }

    @Test(
        "stop() while it is full ends with the error; what had no room is sent again, or held",
        arguments: Disk.available
    )
    func stopsWhileFull(_ disk: Disk) async throws {
        try await withDisk(disk) { fixture, engine, receiver in
            let run = try await stalled(disk, fixture, engine, receiver)
            let sent = receiver.received.requests
            run.running.stop()
            let result = try FanOutResult(await run.end(), fixture)
            #expect((result.failure as? StoreError)?.code == .diskFull)
            let recorded = try #require(result.states[.delivered])
            #expect(recorded < sent)

            try disk.empty(fixture.ledger, fixture.folder)
            let held = try fixture.copyOfLedger(as: "held")
            #expect(try held.recover(.hold) >= sent - recorded)
            #expect(try FanOutResult(of: held).states[.delivered] == recorded)

            #expect(try fixture.ledger.recover(.resend) >= sent - recorded)
            let rest = try await engine.run(fixture)
            #expect(rest.states == [.delivered: 300])
            #expect(receiver.received.ids == fixture.allIDs)
            #expect(receiver.received.repeats == sent - recorded)
        }
    }

    @Test("a disk that is full from the start: nothing is sent before there is room")
    func fullFromTheStart() async throws {
        let disk = Disk.injected
        try await withDisk(disk) { fixture, engine, receiver in
            try disk.fill(fixture.ledger, fixture.folder)
            let run = try engine.start(fixture.plan())
            try await run.wait(for: "a stall") { $0.stall?.code == .diskFull }
            #expect(receiver.acceptedConnections == 0)
            try disk.empty(fixture.ledger, fixture.folder)
            let result = try FanOutResult(await run.end(), fixture)
            #expect(result.states == [.delivered: 300])
            #expect(receiver.received.repeats == 0)
        }
    }
}
