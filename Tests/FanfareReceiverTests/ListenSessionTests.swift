import FanfareReceiver
import FanfareTesting
import NIOConcurrencyHelpers
import NIOCore
import Testing

@Suite struct ListenSessionTests {
    /// Runs a session, hands its port to the test, stops it, and returns what it counted and wrote.
    private func listen(
        _ settings: ListenSettings,
        _ body: (Int) async throws -> Void
    ) async throws -> (counts: ReceiverCounts, output: String) {
        let output = NIOLockedValueBox("")
        let session = ListenSession(settings) { text in output.withLockedValue { $0 += text } }
        let (stop, stopped) = AsyncStream.makeStream(of: Void.self)
        async let counts = session.run { for await _ in stop {} }
        try await eventually("the session listens") { output.withLockedValue { $0.contains("http://") } }
        let started = output.withLockedValue { $0 }
        let digits = started.drop { $0 != "1" }.dropFirst("127.0.0.1:".count).prefix { $0.isNumber }
        try await body(try #require(Int(digits)))
        stopped.finish()
        return (try await counts, output.withLockedValue { $0 })
    }

    private func statuses(_ port: Int, ids: [String?]) async throws -> [Int] {
        let client = try await RawClient(port: port)
        var statuses: [Int] = []
        for id in ids { statuses.append(try await client.exchange(.post("/path", id: id, body: "{}")).status) }
        try await client.close()
        return statuses
    }

    @Test func `counts requests, ids, repeats and those without an id`() async throws {
        var settings = ListenSettings()
        settings.output = .counts
        let (counts, output) = try await listen(settings) { port in
            let answers = try await statuses(port, ids: ["a", "b", "a", nil])
            #expect(answers == [200, 200, 200, 200])
        }
        #expect(counts.requests == 4)
        #expect(counts.distinctIDs == 2)
        #expect(counts.repeats == 1)
        #expect(counts.withoutID == 1)
        #expect(counts.bodyBytes == 8)
        #expect(counts.answersByClass == [0, 4, 0, 0, 0])
        #expect(output.contains("requests        4"))
        #expect(output.contains("connections     1"))
    }

    @Test func `writes one line for each request`() async throws {
        let (_, output) = try await listen(ListenSettings()) { port in
            _ = try await statuses(port, ids: ["msg_1", "msg_1", nil])
        }
        let lines = output.split(separator: "\n").filter { $0.contains("POST /path → 200, 2 bytes") }
        #expect(lines.count == 3)
        #expect(lines.first?.hasSuffix("msg_1") == true)
        #expect(lines.dropFirst().first?.hasSuffix("msg_1, again") == true)
        #expect(lines.last?.hasSuffix("no webhook-id") == true)
    }

    @Test func `answers the status it was told, to all or to a share`() async throws {
        var settings = ListenSettings()
        settings.status = 204
        let (all, _) = try await listen(settings) { port in _ = try await statuses(port, ids: ["a"]) }
        #expect(all.answersByClass == [0, 1, 0, 0, 0])
        settings.status = 200
        settings.failureStatus = 500
        settings.failureShare = 0.5
        let (counts, _) = try await listen(settings) { port in
            _ = try await statuses(port, ids: (0..<200).map { "\($0)" })
        }
        #expect((60...140).contains(counts.answersByClass[4]))
        #expect(counts.answersByClass[1] + counts.answersByClass[4] == 200)
    }

    @Test func `answers 401 to a bad signature and says only those when told so`() async throws {
        var settings = ListenSettings()
        settings.output = .badSignatures
        settings.verify = { $0.webhookID == "good" ? .good : .bad("the id is not good") }
        let (counts, output) = try await listen(settings) { port in
            let answers = try await statuses(port, ids: ["good", "evil"])
            #expect(answers == [200, 401])
        }
        #expect(counts.badSignatures == 1)
        #expect(output.contains("evil, signature bad: the id is not good"))
        #expect(!output.contains("good, signature good"))
    }

    @Test func `waits before it answers`() async throws {
        var settings = ListenSettings()
        settings.delay = .milliseconds(50)
        let start = ContinuousClock.now
        _ = try await listen(settings) { port in _ = try await statuses(port, ids: ["a"]) }
        #expect(ContinuousClock.now - start >= .milliseconds(50))
    }

    @Test func `writes JSON, one object a line`() async throws {
        var settings = ListenSettings()
        settings.json = true
        let (_, output) = try await listen(settings) { port in _ = try await statuses(port, ids: ["msg_1"]) }
        let lines = output.split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines[0].hasPrefix(#"{"listening":"http://127.0.0.1:"#))
        #expect(
            lines[1].hasSuffix(#""target":"/path","status":200,"body_bytes":2,"webhook_id":"msg_1","repeat":false}"#)
        )
        #expect(lines[2].hasPrefix(#"{"summary":{"requests":1,"distinct_ids":1,"repeats":0,"#))
    }

    @Test func `says when its port is taken`() async throws {
        try await withScriptedReceiver { receiver in
            var settings = ListenSettings()
            settings.port = receiver.port
            let session = ListenSession(settings) { _ in }
            let error = await #expect(throws: ListenError.self) { try await session.run {} }
            #expect(error?.description == "cannot listen on 127.0.0.1:\(receiver.port): Address already in use")
        }
    }
}
