import Fanfare
import FanfareTesting
import Testing

@Suite("A new run begins when it is asked for and the last one is over")
struct AgainTests {
    /// Runs it as far as the plan.
    private func started(_ fixture: RunFixture) throws -> FanOutRecord {
        try fixture.process { try fixture.start($0).run.record }
    }

    @Test("a run that has ended is begun anew under new ids")
    func ended() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try RunFixture(folder)
            let first = try started(fixture)
            try fixture.leave { $0.state = .ended }
            let error = #expect(throws: JobRunError.self) { try fixture.process { _ = try fixture.begin($0) } }
            #expect(error?.code == .alreadyEnded)
            let second = try fixture.process { try fixture.start($0, again: true).run }
            #expect(!second.isResumed)
            #expect(second.record.run == 2)
            #expect(second.record.id != first.id)
            #expect(second.record.identity == first.identity)
        }
    }

    @Test("an unfinished run is not begun anew: the error says how to go on")
    func unfinished() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try RunFixture(folder)
            _ = try started(fixture)
            let error = #expect(throws: JobRunError.self) {
                try fixture.process { _ = try fixture.begin($0, again: true) }
            }
            #expect(error?.code == .unfinished)
            #expect(error?.message.contains("3 of its 3 deliveries are still open") == true)
            #expect(error?.message.contains("without --again") == true)
            _ = try started(fixture)
        }
    }

    @Test("a new run that died before its freeze is gone on with by the same command")
    func diedEarly() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try RunFixture(folder)
            _ = try started(fixture)
            try fixture.leave { $0.state = .ended }
            try fixture.process { _ = try fixture.begin($0, again: true) }
            let run = try fixture.process { try fixture.start($0, again: true).run }
            #expect(run.isResumed)
            #expect(run.record.run == 2)
        }
    }

    @Test("a missing ledger is never made anew, and its advice works")
    func ledgerMissing() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try RunFixture(folder)
            let first = try started(fixture)
            try fixture.process { try Durability.deleteDatabase($0.ledger(of: first).path) }
            let error = #expect(throws: JobRunError.self) { try fixture.process { _ = try fixture.begin($0) } }
            #expect(error?.code == .ledgerMissing)
            #expect(error?.message.contains("--again") == true)
            let second = try fixture.process { try fixture.start($0, again: true).run.record }
            #expect(second.run == 2)
            let records = try Installation.read(fixture.data).fanOutRecords(named: nil)
            let old = records.first { $0.run == 1 }
            #expect(old?.state == .ended)
            #expect(old?.stopReason?.contains("missing") == true)
        }
    }
}
