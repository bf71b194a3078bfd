import Fanfare
import FanfareTesting
import GRDB
import Testing

/// The log over all ledgers: its order, its pages, and where it is gone on with.
@Suite struct DeliveryLogTests {
    @Test(arguments: ["fanout-3f0a91c2de-17", "event-0000000000-1"])
    func `a place is read as it is written`(_ text: String) throws {
        #expect(try #require(DeliveryPlace(text)).description == text)
        for start in ["after-\(text)", "events-0000000000", "fanout-0000000000"] {
            #expect(try #require(DeliveryLog.Start(start)).description == start)
        }
    }

    @Test(arguments: [
        "", "event", "event--1", "event-0123456789-", "event-0123456789-0", "event-0123456789-01",
        "event-0123456789-+1", "event-0123456789--1", "event-012345678-1", "event-012345678G-1", "event-0123456789-1-1",
        "run-0123456789-1",
        "event-0123456789-9223372036854775808",
    ])
    func `what is no place is none`(_ text: String) { #expect(DeliveryPlace(text) == nil) }

    /// Two audiences, each with webhooks' events of three contacts: one dead, two delivered.
    private func withEvents(_ body: (Installation, [String]) throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            let path = folder.path("data")
            var audiences: [String] = []
            do {
                let fixture = try BackupFixture(folder)
                let installation = try Installation.own(path)
                audiences.append(try fixture.makeAudience(in: installation, ["ada", "bob", "eve"]).0)
                let other = try installation.openAudience(named: "others", makesIt: true)
                _ = try other.edit(.init(.address("ada@example.com"), .mustBeNew), by: .admin)
                audiences.append(other.id)
            }
            let daemon = try Daemon(try Installation.own(path))
            // Opens the other's ledger too.
            _ = try daemon.webhooks.reading(audiences[1])
            try await daemon.close()
            audiences.sort()
            let installation = daemon.installation
            for audience in audiences { try fill(installation.directory.eventsPath(audience)) }
            try body(installation, audiences)
        }
    }

    private func fill(_ path: String) throws {
        try DatabaseFile.open(path, mode: .mustExist).write { db in
            try db.execute(sql: "DELETE FROM event")
            for number in 1...3 {
                try db.execute(
                    sql: """
                        INSERT INTO event (number, endpoint, contact, change, kind, created, body, state, finished_at, status)
                        VALUES (?1, '0123456789', ?1, ?1, 1, 5, x'01', iif(?1 = 1, 5, 4), 10 * ?1, 200)
                        """,
                    arguments: [number]
                )
            }
        }
    }

    private func pages(_ log: DeliveryLog, _ query: DeliveryLog.Query, limit: Int) throws -> [[String]] {
        var pages: [[String]] = []
        var start: DeliveryLog.Start?
        while true {
            let page = try log.page(query, from: start, limit: limit)
            pages.append(page.deliveries.map(\.place.description))
            guard let next = page.next else { return pages }
            start = next
        }
    }

    @Test func `pages go through all ledgers, whatever their size`() async throws {
        try await withEvents { installation, audiences in
            let log = DeliveryLog(installation)
            let all = audiences.flatMap { audience in [3, 2, 1].map { "event-\(audience)-\($0)" } }
            for limit in 1...7 {
                let pages = try pages(log, DeliveryLog.Query(), limit: limit)
                #expect(pages.flatMap { $0 } == all)
                #expect(pages.allSatisfy { $0.count <= limit })
            }
            var query = DeliveryLog.Query()
            query.filter.states = [.dead]
            #expect(try pages(log, query, limit: 1).flatMap { $0 } == audiences.map { "event-\($0)-1" })
            query.email = "nobody@example.com"
            #expect(try pages(log, query, limit: 1) == [[]])
            query = DeliveryLog.Query()
            query.email = "ADA@example.com"
            #expect(try pages(log, query, limit: 9) == [audiences.map { "event-\($0)-1" }])
            query.trigger = .campaign
            #expect(try pages(log, query, limit: 9) == [[]])
        }
    }

    @Test func `a ledger that is not there cannot be gone on with`() async throws {
        try await withEvents { installation, _ in
            let log = DeliveryLog(installation)
            for text in ["after-event-fffffffff0-1", "events-fffffffff0", "fanout-fffffffff0"] {
                #expect(throws: DeliveryLog.UnknownStart.self) {
                    try log.page(DeliveryLog.Query(), from: DeliveryLog.Start(text), limit: 1)
                }
            }
        }
    }

    @Test func `one delivery is found by its place, with its attempts`() async throws {
        try await withEvents { installation, audiences in
            let log = DeliveryLog(installation)
            let place = try #require(DeliveryPlace("event-\(audiences[0])-2"))
            let found = try #require(try log.delivery(place))
            #expect(found.state == .delivered && found.endpoint == "0123456789" && found.event == .subscribe)
            #expect(found.id == EventIDSeries(installation: installation.id, endpoint: "0123456789").id(change: 2))
            #expect(try log.attempts(of: place).map(\.status) == [200])
            for text in ["event-\(audiences[0])-9", "event-fffffffff0-1", "fanout-fffffffff0-1"] {
                let place = try #require(DeliveryPlace(text))
                #expect(try log.delivery(place) == nil)
                #expect(try log.attempts(of: place).isEmpty)
            }
        }
    }
}
