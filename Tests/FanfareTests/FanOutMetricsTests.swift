import Fanfare
import FanfareReceiver
import FanfareTesting
import Testing

@Suite("A fan-out's metrics", .timeLimit(.minutes(2)))
struct FanOutMetricsTests {
    /// Starts a fan-out, and lets a test look at its metrics.
    private func withMetrics(
        of job: String? = nil,
        startsPaused: Bool = false,
        _ body: (RunningFanOut, _ metrics: () -> String) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder in
            var fixture = try RunFixture(folder)
            if let job { fixture.job = job }
            try await fixture.process { installation in
                var (run, plan) = try fixture.start(installation)
                if startsPaused { plan.startsPausedBy = .byOperator }
                let engine = try DeliveryEngine(.init(egress: EgressPolicy(allowed: [try .init("127.0.0.0/8")])))
                defer { engine.close() }
                let running = try engine.start(plan)
                try await body(running) {
                    var text = MetricsText()
                    FanOutMetrics.write([running], to: &text)
                    return text.text
                }
                running.stop()
                try run.settle(await running.end())
            }
        }
    }

    @Test("each reason for a pause is listed, the operator's among them")
    func pauses() async throws {
        try await withMetrics(startsPaused: true) { _, metrics in
            let text = metrics()
            for member in PauseReasons.Member.allCases {
                let sample = #"fanfare_lane_paused{fanout="news",run="1",reason="\#(member.name)"}"#
                let isOperator = member == .byOperator
                #expect(text.contains("\(sample) \(isOperator ? 1 : 0)\n"), "\(text)")
            }
        }
    }

    @Test("why attempts failed is called as everywhere else")
    func failures() async throws {
        let plain: HostileReceiver.Script = { connection in
            connection.send("HTTP/1.1 200 OK\r\n\r\n")
            connection.waitForEnd()
        }
        try await withHostileReceiver(plain) { receiver in
            let job = """
                audience: {import: contacts.csv}
                webhook: {url: "https://127.0.0.1:\(receiver.port)/", content_type: json, data: {to: "*|EMAIL|*"}}
                """
            try await withMetrics(of: job) { running, metrics in
                try await eventually("a failure") { running.snapshot.lastFailure != nil }
                let failed = try #require(running.snapshot.lastFailure)
                #expect(failed.reason == .noTLS)
                let sample = #"fanfare_attempt_failures_total{fanout="news",run="1",reason="no_tls"}"#
                #expect(metrics().contains(sample), "\(metrics())")
            }
        }
    }
}
