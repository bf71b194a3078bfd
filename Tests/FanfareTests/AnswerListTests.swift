import Fanfare
import FanfareReceiver
import FanfareTesting
import Testing

@Suite("What the receiver did is listed with the deliveries")
struct AnswerListTests {
    @Test("where it has moved to, and an answer that was cut short, each beside its delivery")
    func movedAndCutShort() async throws {
        let behaviour: ScriptedReceiver.Behaviour = { request, _ in
            switch request.target {
            case "/a%40example.com":
                .status(308, headers: ["Location": "https://new.example.com/hook?token=sk_live_1"])
            case "/b%40example.com": Reply(.resetInBody(status: 200, sent: 10, declared: 1000))
            case "/c%40example.com":
                Reply(.answer(status: 200, headers: [:], body: String(repeating: "x", count: 200_000)))
            default: .status(200)
            }
        }
        try await withTemporaryFolder { folder in
            try await withScriptedReceiver(behaviour) { receiver in
                let text = """
                    audience: {import: contacts.csv}
                    webhook: {url: "\(receiver.url("/*|EMAIL|*"))"}
                    """
                let job = try JobUnderTest(folder, text, addresses: ["a", "b", "c", "d"].map { $0 + "@example.com" })
                _ = try await job.run()
                let rows = try job.deliveries()
                #expect(rows.map(\.state) == [.dead, .delivered, .delivered, .delivered])
                let cut = "accepted, but the answer was not whole (last status 200)"
                let moved = "status 308; the receiver has moved to https://new.example.com/hook"
                #expect(rows.map(\.reasonText) == [moved, cut, cut, nil])
                #expect(receiver.received.requests == 4)
            }
        }
    }

    @Test("a run whose first answers all point elsewhere stops and says where to")
    func allMoved() async throws {
        let reply = Reply.status(301, headers: ["Location": "https://new.example.com/hook?token=sk_live_1"])
        try await withTemporaryFolder { folder in
            try await withScriptedReceiver(Behaviours.always(reply)) { receiver in
                let text = """
                    audience: {import: contacts.csv}
                    webhook: {url: "\(receiver.url())"}
                    """
                let job = try JobUnderTest(folder, text, addresses: (0..<100).map { "\($0)@example.com" })
                let end = try await job.run()
                guard case .stopped(let reason) = end.cause else {
                    Issue.record("it ended with \(end.cause)")
                    return
                }
                #expect(
                    reason.text == "the first 20 answers were all refusals (status 301); "
                        + "the receiver has moved to https://new.example.com/hook"
                )
            }
        }
    }
}
