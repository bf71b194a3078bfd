import FanfareReceiver
import FanfareTesting
import Testing

/// The limit of open files is raised where it may be; where it may not, fewer requests are in flight, and all arrive.
@Suite struct OpenFileLimitTests {
    private static let answersLate: ScriptedReceiver.Behaviour = { _, _ in .status(200, after: .milliseconds(500)) }

    @Test("a soft limit of 256 is raised to the hard one: more than that are in flight, without a warning")
    func raised() async throws {
        try await withDesk(receiver: Self.answersLate) { desk, receiver in
            try desk.writeContacts(600)
            try desk.writeJob(url: receiver.url(), delivery: "  max_in_flight: 600\n  concurrency: fixed")
            let result = try await desk.fanfare(under: "ulimit -Sn 256 && ulimit -Hn 2000", "run", "job.yaml")
            #expect(result.status == 0, "\(result)")
            #expect(result.errors == "Imported 600 contacts.\nDelivering to 600 contacts.\n")
            #expect(receiver.received.distinctIDs == 600)
            // 256 files would be enough for 168.
            #expect(receiver.peakOpenRequests > 200)
        }
    }

    @Test(
        "past a hard limit of 256 the number in flight is capped with a warning, and all are delivered once",
        arguments: [(loops: 1, most: 168), (loops: 2, most: 112)]
    )
    func capped(_ loops: Int, most: Int) async throws {
        try await withDesk(receiver: Self.answersLate) { desk, receiver in
            try desk.writeContacts(300)
            try desk.writeJob(url: receiver.url(), delivery: "  max_in_flight: 600\n  concurrency: fixed")
            desk.environment["FANFARE_LOOPS"] = String(loops)
            let result = try await desk.fanfare(under: "ulimit -n 256", "run", "job.yaml", "--json")
            #expect(result.status == 0, "\(result)")
            #expect(
                result.errors == """
                    Imported 300 contacts.
                    warning: max_in_flight is 600, but this process may have only 256 files open: \(most) requests at a \
                    time; raise the limit with ulimit -n or LimitNOFILE=
                    Delivering to 300 contacts.

                    """
            )
            #expect(receiver.received.distinctIDs == 300)
            #expect(receiver.received.repeats == 0)
            #expect(receiver.peakOpenRequests <= most)
            // None failed for want of a descriptor.
            #expect(try objects(result.output).first?["requests"] as? Int == 300)
        }
    }
}
