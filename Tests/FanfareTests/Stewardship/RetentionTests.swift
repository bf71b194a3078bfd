import FanfareReceiver
import FanfareTesting
import Foundation
import GRDB
import Testing

@testable import Fanfare

@Suite("What has ended is kept as long as the operator wants, and for ever unless told otherwise")
struct RetentionTests {
    private let day: Int64 = 86_400

    /// Three events, of which the last has not ended; their bodies and one answer.
    private func makeEvents(_ fixture: BackupFixture, _ audience: String) throws -> String {
        let path = fixture.data + "/audiences/\(audience).events.sqlite"
        let database = try DatabaseFile.open(path, mode: .mustExist)
        try database.write { db in
            for (number, state, finished) in [(1, 4, 10), (2, 5, 20), (3, 1, 0), (4, 4, 30)] {
                try db.execute(
                    sql: """
                        INSERT INTO event (number, endpoint, contact, change, kind, created, body, state, finished_at)
                        VALUES (?, 'e', ?, ?, 1, 1, x'01', ?, ?)
                        """,
                    arguments: [number, number, 100 + number, state, finished]
                )
            }
            try db.execute(
                sql: "INSERT INTO event_count SELECT endpoint, state, count(*) FROM event GROUP BY endpoint, state"
            )
            try db.execute(
                sql: """
                    INSERT INTO event_attempt (event, number, status, reason, curl_code, finished_at, duration, excerpt)
                    VALUES (2, 1, 500, 1, 0, 20, 1, x'02')
                    """
            )
        }
        return path
    }

    private func withEvents(_ body: (BackupFixture, Installation, String) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            let fixture = try BackupFixture(folder)
            let audience = try { try fixture.makeAudience(in: Installation.own(fixture.data), []).0 }()
            // Makes the ledger.
            try await Daemon(try Installation.own(fixture.data)).close()
            let events = try makeEvents(fixture, audience)
            try await body(fixture, try Installation.own(fixture.data), events)
        }
    }

    @Test("nothing is forgotten unless that is set, and what is set is shown and taken back")
    func settings() async throws {
        try await withEvents { fixture, installation, events in
            #expect(try installation.retention().seconds.isEmpty)
            #expect(try installation.applyRetention(now: 1000 * day).isEmpty)
            let desk = try ControlDesk(installation)
            let order = RetentionOrder(seconds: ["events": 30 * day, "fan_outs": day], forever: [])
            #expect(desk.answer(ControlRequest(.retention, retention: order)).refusal == nil)
            let unknown = RetentionOrder(seconds: ["cats": 1], forever: [])
            #expect(desk.answer(ControlRequest(.retention, retention: unknown)).refusal == .invalid)
            let back = RetentionOrder(seconds: [:], forever: ["fan_outs"])
            _ = desk.answer(ControlRequest(.retention, retention: back))
            #expect(try installation.retention() == Retention([.events: 30 * day]))
            #expect(try fixture.number(events, "SELECT count(*) FROM event") == 4)
        }
    }

    @Test("events go from the oldest on, up to the first that has not ended; their counts stay")
    func rows() async throws {
        try await withEvents { fixture, installation, events in
            try installation.setRetention { $0.seconds[.events] = 100 }
            #expect(try installation.applyRetention(now: 115).events == 1)
            #expect(try fixture.number(events, "SELECT min(number) FROM event") == 2)
            #expect(try installation.applyRetention(now: 1000).events == 1)
            #expect(try fixture.number(events, "SELECT count(*) FROM event") == 2, "one is open, and one behind it")
            #expect(try fixture.number(events, "SELECT count(*) FROM event_attempt") == 0)
            #expect(try fixture.number(events, "SELECT sum(count) FROM event_count") == 4)
            #expect(try installation.applyRetention(now: 1000).isEmpty)
        }
    }

    @Test("bodies go alone, and a daemon does it too")
    func bodies() async throws {
        try await withEvents { fixture, installation, events in
            try installation.setRetention { $0.seconds[.bodies] = 100 }
            let daemon = try Daemon(installation)
            try await eventually("the daemon has forgotten them") {
                try fixture.number(events, "SELECT count(*) FROM event WHERE body IS NULL") == 2
            }
            try await daemon.close()
        }
        try await withEvents { fixture, installation, events in
            try installation.setRetention { $0.seconds[.bodies] = 100 }
            #expect(try installation.applyRetention(now: 1000).bodies == 2)
            #expect(try fixture.number(events, "SELECT count(*) FROM event WHERE body IS NULL") == 2)
            #expect(try fixture.number(events, "SELECT count(*) FROM event_attempt WHERE excerpt = x''") == 1)
            #expect(try fixture.number(events, "SELECT count(*) FROM event") == 4)
        }
    }

    @Test("a fan-out's answers go when it ended long ago, once; its deliveries when it is pruned")
    func fanOuts() async throws {
        try await withTemporaryFolder { folder in
            try await withScriptedReceiver(Behaviours.always(.status(404))) { receiver in
                let fixture = try JobUnderTest(
                    folder,
                    """
                    audience: {import: contacts.csv}
                    webhook: {url: "\(receiver.url())", data: {to: "*|EMAIL|*"}}
                    delivery: {retries: []}
                    """,
                    addresses: ["a@example.com", "b@example.com"]
                )
                _ = try await fixture.run()
                let installation = try Installation.own(fixture.data)
                let record = try installation.fanOutRecord(named: "tried")
                let ended = try #require(record.endedAt)
                try installation.setRetention { $0.seconds = [.answers: day, .fanOuts: 3 * day] }
                #expect(try installation.applyRetention(now: ended + day).isEmpty)
                #expect(try installation.applyRetention(now: ended + 2 * day).answers == 2)
                #expect(try installation.applyRetention(now: ended + 2 * day).isEmpty)
                #expect(try installation.ledger(of: record).progress().counts[.dead] == 2)
                #expect(try installation.applyRetention(now: ended + 4 * day).fanOuts == 1)
                #expect(try installation.fanOutRecord(named: "tried").prunedAt != nil)
            }
        }
    }
}
