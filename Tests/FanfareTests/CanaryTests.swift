import Fanfare
import FanfareReceiver
import FanfareTesting
import Testing

@Suite("A fan-out that its canary stopped goes on when the receiver is mended")
struct CanaryTests {
    /// 40 contacts, of which 4 are tried first; all 4 must be delivered.
    private func fixture(_ folder: TemporaryFolder, _ receiver: ScriptedReceiver) throws -> RunFixture {
        var fixture = try RunFixture(folder, contacts: (1...40).map { "c\($0)" })
        fixture.job = """
            audience: {import: contacts.csv}
            webhook: {url: "\(receiver.url())", data: {to: "*|EMAIL|*"}}
            delivery: {canary: {contacts: 4, proceed_at: 100%}}
            """
        return fixture
    }

    private func deliver(_ fixture: RunFixture) async throws -> FanOutEnd {
        try await fixture.process { installation in
            var (run, plan) = try fixture.start(installation)
            let end = try await send(plan)
            try run.settle(end)
            return end
        }
    }

    private func send(_ plan: FanOutPlan) async throws -> FanOutEnd {
        let engine = try DeliveryEngine(.init(egress: EgressPolicy(allowed: [.init("127.0.0.0/8")])))
        defer { engine.close() }
        return await (try engine.start(plan)).end()
    }

    @Test("it is delivered to everybody whom the canary had not met")
    func mended() async throws {
        try await withTemporaryFolder { folder in
            try await withScriptedReceiver(Behaviours.always(.status(400))) { receiver in
                let fixture = try fixture(folder, receiver)
                guard case .stopped(.canary) = try await deliver(fixture).cause else {
                    Issue.record("the canary did not stop it")
                    return
                }
                #expect(try fixture.record().state == .stopped)
                receiver.behave(Behaviours.always(.status(200)))
                let end = try await deliver(fixture)
                guard case .complete = end.cause else {
                    Issue.record("\(end.cause)")
                    return
                }
                #expect(end.progress.counts[.dead] == 4)
                #expect(end.progress.counts[.delivered] == 36)
                #expect(try fixture.record().stopReason == nil)
            }
        }
    }

    @Test("a receiver that is still broken costs one more canary, also after a death in between")
    func stillBroken() async throws {
        try await withTemporaryFolder { folder in
            try await withScriptedReceiver(Behaviours.always(.status(400))) { receiver in
                let fixture = try fixture(folder, receiver)
                _ = try await deliver(fixture)
                // Taken up and died before anything was sent.
                try fixture.process { _ = try fixture.start($0) }
                #expect(try fixture.record().state == .running)
                guard case .stopped(.canary) = try await deliver(fixture).cause else {
                    Issue.record("the canary did not stop it")
                    return
                }
                #expect(receiver.received.requests <= 8)
                receiver.behave(Behaviours.always(.status(200)))
                let end = try await deliver(fixture)
                #expect(end.progress.counts[.delivered] == 40 - end.progress.counts[.dead])
                #expect(end.progress.isComplete)
            }
        }
    }
}
