import FanfareTesting
import Foundation
import GRDB
import Testing

@testable import Fanfare

@Suite("Jobs that were handed over are kept until their end")
struct HandedJobsTests {
    private static let order = RunOrder(
        text: "name: news",
        file: "job.yaml",
        folder: "/tmp",
        environment: ["TOKEN": "very-secret"]
    )

    @Test("orders come back in their order, with the fan-outs that they have become, and are sealed on disk")
    func keeps() async throws {
        try await withTemporaryFolder { folder in
            let installation = try Installation.own(folder.path("data"))
            let store = try HandedJobs(installation)
            try store.add(Self.order, ticket: "a")
            try store.add(Self.order, ticket: "b")
            try store.note("0123456789", ticket: "b")
            let (entries, unreadable) = try store.all()
            #expect(entries.map(\.ticket) == ["a", "b"] && entries.map(\.fanOut) == [nil, "0123456789"])
            #expect(entries.allSatisfy { $0.order == Self.order } && unreadable.isEmpty)
            let stored = try await installation.catalogue.read { db in
                try String.fetchAll(db, sql: "SELECT sealed FROM handed_job")
            }
            #expect(stored.allSatisfy { !$0.contains("secret") })
            // Another that becomes the same fan-out takes its place.
            try store.note("0123456789", ticket: "a")
            #expect(try store.all().entries.map(\.ticket) == ["a"])
            try HandedJobs.remove(fanOut: "0123456789", from: installation.catalogue)
            #expect(try store.all().entries.isEmpty)
        }
    }

    @Test("an order that an earlier version has kept is none that is planned")
    func ofBefore() throws {
        let encoded = try JSONEncoder().encode(Self.order)
        #expect(!String(decoding: encoded, as: UTF8.self).contains("planned"))
        let decoded = try JSONDecoder().decode(RunOrder.self, from: encoded)
        #expect(decoded == Self.order && !decoded.isPlanned)
    }

    /// An order for the first time of a job that comes again, whose fan-out has ended, before that order was replaced.
    private func afterDeath(
        _ folder: TemporaryFolder,
        because reason: String?,
        _ body: (Daemon) async throws -> Void
    ) async throws {
        try folder.write("Email Address\na@example.com\n", to: "contacts.csv")
        let installation = try Installation.own(folder.path("data"))
        var order = RunOrder(
            text: """
                fanfare: 1
                name: news
                audience: {import: contacts.csv}
                webhook: {url: "http://127.0.0.1:9/"}
                schedule: {at: "2099-01-01 09:00", time_zone: UTC, repeat: FREQ=DAILY;COUNT=2}
                """,
            file: "job.yaml",
            folder: folder.path,
            environment: [:]
        )
        (order.isPlanned, order.series) = (
            true, RunSeries(rule: "FREQ=DAILY;COUNT=2", begins: "2099-01-01 09:00", time: "2099-01-01 09:00")
        )
        var record = FanOutRecord(
            id: "0123456789",
            name: "news",
            run: 1,
            identity: "0",
            state: .ended,
            audience: "abcdefabcd",
            jobFingerprint: "",
            contactsFingerprint: "",
            createdAt: 1
        )
        (record.endedAt, record.stopReason) = (2, reason)
        try installation.fanOuts().save(record)
        let store = try HandedJobs(installation)
        try store.add(order, ticket: "a")
        try store.note(record.id, ticket: "a")
        let daemon = try Daemon(installation)
        do { try await body(daemon) } catch {
            try await daemon.close()
            throw error
        }
        try await daemon.close()
    }

    @Test(
        "death between the end of one of a series and the order for its next: the next start plans that",
        arguments: [nil, "its start at 09:00 was missed: it could not begin until 2 h later"]
    )
    func followsAfterDeath(reason: String?) async throws {
        try await withTemporaryFolder { folder in
            try await afterDeath(folder, because: reason) { daemon in
                let installation = daemon.installation
                try await eventually("the second is planned") {
                    try installation.fanOutRecords(named: "news").map(\.run).contains(2)
                }
                let next = try installation.fanOutRecords(named: "news")[0]
                let planned: Int64? = 4_070_941_200 + 86_400
                #expect(next.plannedAt == planned)
                let orders = try daemon.jobs.store.all().entries
                #expect(orders.map(\.order.series?.time) == ["2099-01-02 09:00"])
            }
        }
    }

    @Test("what the operator cancelled is followed by nothing")
    func endsAfterCancellation() async throws {
        try await withTemporaryFolder { folder in
            try await afterDeath(folder, because: "cancelled by the operator before anybody was chosen") { daemon in
                let orders = try daemon.jobs.store.all().entries
                let records = try daemon.installation.fanOutRecords(named: "news")
                #expect(orders.isEmpty && records.count == 1)
            }
        }
    }

    @Test("what does not open any more is told apart, and hides no other")
    func unreadable() async throws {
        try await withTemporaryFolder { folder in
            let installation = try Installation.own(folder.path("data"))
            let store = try HandedJobs(installation)
            try store.add(Self.order, ticket: "a")
            try store.add(Self.order, ticket: "b")
            try await installation.catalogue.write { db in
                try db.execute(sql: "UPDATE handed_job SET sealed = 'x' WHERE ticket = 'a'")
            }
            let (entries, unreadable) = try store.all()
            #expect(entries.map(\.ticket) == ["b"] && unreadable == ["a"])
        }
    }

    @Test("an order survives its way over the socket, and prints no secret")
    func order() throws {
        var order = Self.order
        (order.maxRejects, order.networks, order.proxy) = (3, ["127.0.0.0/8"], "http://u:p@proxy:1")
        #expect(!"\(order)".contains("secret") && "\(order)".contains("job.yaml"))
        let retry = RunOrder(retry: RetryOrder(name: "news", filter: DeliveryFilter(states: [.dead])), environment: [:])
        #expect("\(retry)" == "the fan-out news")
    }
}
