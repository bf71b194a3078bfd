import Fanfare
import FanfareReceiver
import FanfareTesting
import Testing

@Suite("A fan-out goes out in parts, each at its time", .timeLimit(.minutes(1)))
struct BatchesTests {
    private func fixture(
        _ folder: TemporaryFolder,
        _ receiver: ScriptedReceiver,
        _ batches: String
    ) throws -> RunFixture {
        var fixture = try RunFixture(folder, contacts: (1...10).map { "c\($0)" })
        fixture.job = """
            audience: {import: contacts.csv}
            webhook: {url: "\(receiver.url())", data: {to: "*|EMAIL|*"}}
            schedule: {batches: {\(batches)}}
            """
        return fixture
    }

    private func withEngine(_ body: (DeliveryEngine) async throws -> Void) async throws {
        let engine = try DeliveryEngine(.init(egress: EgressPolicy(allowed: [.init("127.0.0.0/8")])))
        defer { engine.close() }
        try await body(engine)
    }

    @Test("a part waits for its time, and all of them have everybody once")
    func parts() async throws {
        try await withTemporaryFolder { folder in
            try await withScriptedReceiver(Behaviours.always(.status(200))) { receiver in
                let fixture = try fixture(folder, receiver, "count: 3, delay: 6s")
                try await fixture.process { installation in
                    try await withEngine { engine in
                        let began = ContinuousClock.now
                        var (run, plan) = try fixture.start(installation)
                        let running = try engine.start(plan)
                        for (part, sum) in [(1, 3), (2, 6)] {
                            try await receiver.received.waitForRequests(sum, within: .seconds(20))
                            try await Task.sleep(for: .seconds(1))
                            #expect(receiver.received.requests == sum)
                            let shown = try #require(running.snapshot.part)
                            #expect(shown.begun == part && shown.count == 3 && shown.lastOrdinal == Int64(sum))
                        }
                        let end = await running.end()
                        try run.settle(end)
                        #expect(end.progress.counts[.delivered] == 10 && receiver.received.requests == 10)
                        #expect(end.snapshot.part?.nextAt == nil && end.snapshot.part?.begun == 3)
                        // Times are whole seconds.
                        #expect(ContinuousClock.now - began > .seconds(10))
                    }
                }
            }
        }
    }

    @Test("after an end between two parts those that have fallen due since go at once")
    func ended() async throws {
        try await withTemporaryFolder { folder in
            try await withScriptedReceiver(Behaviours.always(.status(200))) { receiver in
                let fixture = try fixture(folder, receiver, "count: 2, delay: 6s")
                try await fixture.process { installation in
                    try await withEngine { engine in
                        let (_, plan) = try fixture.start(installation)
                        let running = try engine.start(plan)
                        try await eventually("the first part") { running.snapshot.progress.counts[.delivered] == 5 }
                        #expect(running.snapshot.progress.watermark == 5)
                        running.stop()
                        _ = await running.end()
                    }
                }
                try await Task.sleep(for: .seconds(6))
                try await fixture.process { installation in
                    var (run, plan) = try fixture.start(installation)
                    let began = ContinuousClock.now
                    try await withEngine { engine in
                        let end = await (try engine.start(plan)).end()
                        try run.settle(end)
                        #expect(end.progress.counts[.delivered] == 10 && end.progress.recovered == 0)
                    }
                    #expect(ContinuousClock.now - began < .seconds(5))
                }
                #expect(receiver.received.requests == 10)
            }
        }
    }

    @Test("parts that are fixed cannot be changed, and that is said")
    func change() async throws {
        try await withTemporaryFolder { folder in
            try await withScriptedReceiver(Behaviours.always(.status(200))) { receiver in
                try fixture(folder, receiver, "count: 2, delay: 1h").process { installation in
                    _ = try fixture(folder, receiver, "count: 2, delay: 1h").start(installation)
                }
                let changed = try fixture(folder, receiver, "count: 3, delay: 1h")
                try changed.process { installation in
                    let error = #expect(throws: JobRunError.self) {
                        _ = try changed.begin(installation, acceptChanges: true)
                    }
                    #expect(error?.code == .changed && error?.message.contains("schedule.batches") == true)
                }
            }
        }
    }
}
