import FanfareTesting
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
