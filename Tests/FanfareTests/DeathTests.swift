import Fanfare
import FanfareTesting
import GRDB
import Testing

/// Each test leaves the data directory as a death between two commits would, and begins again.
@Suite("A run that died is taken up where it stood")
struct DeathTests {
    /// Where the process dies.
    enum Death: CaseIterable {
        case withinImport, afterImport, whenScheduled, withinFreeze, afterFreeze, whenRunning
    }

    /// Runs up to a death and leaves what it would leave.
    private func die(_ death: Death, _ fixture: RunFixture) throws {
        try fixture.process { installation in
            var run = try fixture.begin(installation)
            if death == .withinImport {
                _ = try? run.importContacts { _ in false }
                return
            }
            _ = try run.importContacts { _ in true }
            if death == .withinFreeze {
                let path = installation.ledger(of: run.record).path
                _ = try Ledger.create(at: path, run: run.record.run)
            }
            if death == .afterFreeze || death == .whenRunning { _ = try run.freeze() }
        }
        switch death {
        case .afterImport: try fixture.leave { $0.state = .importing }
        case .withinFreeze: try fixture.leave { $0.state = .freezing }
        case .afterFreeze:
            try fixture.leave {
                $0.state = .freezing
                $0.startedAt = nil
            }
        default: break
        }
    }

    @Test("unchanged, it goes to the contacts of its file", arguments: Death.allCases)
    func unchanged(death: Death) async throws {
        try await withTemporaryFolder { folder in
            let fixture = try RunFixture(folder)
            try die(death, fixture)
            let run = try fixture.process { try fixture.start($0).run }
            #expect(run.isResumed)
            #expect(run.record.state == .running)
            #expect(run.record.startedAt != nil)
            #expect(try fixture.recipients(run.record) == ["a@example.com", "b@example.com", "c@example.com"])
        }
    }

    @Test(
        "before the freeze an accepted change makes the set anew",
        arguments: [Death.withinImport, .afterImport, .whenScheduled, .withinFreeze]
    )
    func changedBeforeFreeze(death: Death) async throws {
        try await withTemporaryFolder { folder in
            let fixture = try RunFixture(folder)
            try die(death, fixture)
            try fixture.write(contacts: ["x", "a"])
            let run = try fixture.process { try fixture.start($0, acceptChanges: true).run }
            #expect(try fixture.recipients(run.record) == ["x@example.com", "a@example.com"])
        }
    }

    @Test("after the freeze an accepted change adds nobody", arguments: [Death.afterFreeze, .whenRunning])
    func changedAfterFreeze(death: Death) async throws {
        try await withTemporaryFolder { folder in
            var fixture = try RunFixture(folder)
            fixture.job = fixture.job.replacing("contacts.csv}", with: "contacts.csv, tag: a}")
            try die(death, fixture)
            try fixture.write(contacts: ["x", "a"])
            let run = try fixture.process { try fixture.start($0, acceptChanges: true).run }
            #expect(try fixture.recipients(run.record) == ["a@example.com"])
        }
    }

    @Test("frozen, it neither waits for its time again nor takes a change without leave")
    func frozenIsSaid() async throws {
        try await withTemporaryFolder { folder in
            var fixture = try RunFixture(folder)
            fixture.job += "\nschedule: {at: 2999-01-01 00:00, time_zone: UTC}"
            try die(.afterFreeze, fixture)
            #expect(try fixture.process { try fixture.begin($0).start } == nil)
            try fixture.write(contacts: ["x"])
            let error = #expect(throws: JobRunError.self) { try fixture.process { _ = try fixture.begin($0) } }
            #expect(error?.code == .changed)
            #expect(error?.message.contains("nobody is added") == true)
        }
    }

    @Test("a ledger never outlives the import that its keys come from")
    func ledgerGoesFirst() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try RunFixture(folder)
            try die(.withinFreeze, fixture)
            let ledger = try Installation.read(fixture.data).ledger(of: fixture.record())
            try fixture.write(contacts: ["x"])
            try fixture.process { installation in
                _ = try fixture.begin(installation, acceptChanges: true)
                #expect(!Durability.fileExists(ledger.path))
            }
            #expect(try fixture.record().state == .importing)
        }
    }

    @Test("a change whose taking over died must be accepted once more, and is taken over whole")
    func takingOverDied() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try RunFixture(folder)
            try die(.whenRunning, fixture)
            try fixture.write(contacts: ["b", "c"])
            try fixture.process { _ = try fixture.begin($0, acceptChanges: true) }
            let error = #expect(throws: JobRunError.self) { try fixture.process { _ = try fixture.begin($0) } }
            #expect(error?.code == .changed)
            let record = try fixture.process { try fixture.start($0, acceptChanges: true).run.record }
            let removed = try Installation.read(fixture.data).ledger(of: record).openForReading().read { db in
                try Int64.fetchAll(db, sql: "SELECT contact FROM removed")
            }
            #expect(removed == [1])
            _ = try fixture.process { try fixture.start($0) }
        }
    }

    @Test("a death between the ledger's word and the catalogue's leaves the change to be accepted, to the same end")
    func takenOverButNotNoted() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try RunFixture(folder)
            try die(.whenRunning, fixture)
            try fixture.write(contacts: ["b", "c"])
            _ = try fixture.process { try fixture.start($0, acceptChanges: true).run.record }
            try fixture.leave { ($0.jobFingerprint, $0.contactsFingerprint) = ("changing", "changing") }
            let error = #expect(throws: JobRunError.self) { try fixture.process { _ = try fixture.begin($0) } }
            #expect(error?.code == .changed)
            let record = try fixture.process { try fixture.start($0, acceptChanges: true).run.record }
            #expect(try fixture.recipients(record).count == 3)
            #expect(record.jobFingerprint != "changing")
        }
    }

    @Test("a death on the way back to the import, its ledger gone, leaves it where it stood")
    func backToImport() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try RunFixture(folder)
            try die(.withinFreeze, fixture)
            let before = try fixture.record()
            try fixture.process { try Durability.deleteDatabase($0.ledger(of: before).path) }
            let run = try fixture.process { try fixture.start($0).run }
            #expect(run.record.id == before.id)
            #expect(try fixture.recipients(run.record).count == 3)
        }
    }

    @Test("a fan-out whose last outcome was committed only ends")
    func completeButNotNoted() async throws {
        try await withTemporaryFolder { folder in
            try await withScriptedReceiver { receiver in
                var fixture = try RunFixture(folder)
                fixture.job = fixture.job.replacing("http://127.0.0.1:9/", with: receiver.url())
                let policy = EgressPolicy(allowed: [try .init("127.0.0.0/8")])
                for settles in [false, true] {
                    try await fixture.process { installation in
                        var (run, plan) = try fixture.start(installation)
                        let engine = try DeliveryEngine(.init(egress: policy))
                        defer { engine.close() }
                        let end = await (try engine.start(plan)).end()
                        #expect(end.progress.isComplete)
                        if settles { try run.settle(end) }
                    }
                }
                #expect(receiver.received.requests == 3)
                #expect(try fixture.record().state == .ended)
                #expect(try fixture.record().counts?[.delivered] == 3)
            }
        }
    }
}
