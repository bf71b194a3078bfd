import FanfareAudience
import FanfareReceiver
import FanfareTesting
import GRDB
import Testing

@testable import FanfareDelivery

@Suite("Fan-outs share an engine, loops share a fan-out")
struct SharedEngineTests {
    @Test("beside a receiver that never answers another fan-out takes as long as alone")
    func stalledNeighbour() async throws {
        try await withTemporaryFolder { folder in
            try await withScriptedReceiver(Behaviours.always(Reply(.silence))) { silent in
                try await withScriptedReceiver { receiver in
                    try await withEngine(loops: 1) { engine in
                        let clock = ContinuousClock()
                        let alone = try EngineFixture(contacts: 600, url: receiver.url(""), in: folder, name: "alone")
                        let timeAlone = try await clock.measure {
                            let result = try await engine.run(alone)
                            #expect(result.isComplete)
                        }

                        let stalled = try EngineFixture(contacts: 600, url: silent.url(""), in: folder, name: "s") {
                            $0.maxInFlight = 500
                            $0.concurrency = .fixed
                            $0.timeout = .seconds(2)
                        }
                        let run = try engine.start(stalled.plan())
                        try await silent.received.waitForRequests(100)
                        let beside = try EngineFixture(contacts: 600, url: receiver.url(""), in: folder, name: "beside")
                        let timeBeside = try await clock.measure {
                            let result = try await engine.run(beside)
                            #expect(result.isComplete)
                        }
                        // Generous, for the machine has other work; still less than the time-out it would wait for.
                        #expect(timeBeside < timeAlone * 3 + .seconds(1))
                        #expect(silent.openRequests > 0)

                        run.running.stop()
                        let end = try await run.end()
                        #expect(end.progress.counts[.delivered] == 0)
                        #expect(receiver.received.requests == 1200)
                        #expect(receiver.received.repeats == 0)
                    }
                }
            }
        }
    }

    @Test("two fan-outs to one origin together never exceed the largest of their limits", arguments: [1, 2])
    func oneOrigin(loops: Int) async throws {
        try await withTemporaryFolder { folder in
            let slow = Behaviours.always(.status(200, after: .milliseconds(20)))
            try await withScriptedReceiver(slow) { receiver in
                try await withEngine(loops: loops) { engine in
                    let fixtures = try [("a", 4), ("b", 6)].map { name, limit in
                        try EngineFixture(contacts: 80, url: receiver.url(""), in: folder, name: name) {
                            $0.maxInFlight = limit
                            $0.concurrency = .fixed
                        }
                    }
                    let runs = try fixtures.map { try engine.start($0.plan()) }
                    for (run, fixture) in zip(runs, fixtures) {
                        let result = try FanOutResult(await run.end(), fixture)
                        #expect(result.states == [.delivered: 80])
                    }
                    #expect(5...6 ~= receiver.peakOpenRequests)
                    #expect(receiver.received.ids == fixtures[0].allIDs.union(fixtures[1].allIDs))
                    #expect(receiver.received.repeats == 0)
                }
            }
        }
    }

    @Test("a lane whose origin is fully used by another waits without turning round and round")
    func waitsForItsOrigin() throws {
        try withFixture(contacts: 10, url: "http://127.0.0.1:9") { fixture in
            let share = OriginShare()
            let one = try FanOut(fixture.plan(), origin: share, loops: 1)
            let other = try FanOut(fixture.plan(), origin: share, loops: 1)
            let now = Clocks.monotonic()
            #expect(other.grant(limit: 0, here: 0, now: now).count == 0)
            #expect(one.grant(limit: 256, here: 0, now: now).count == 16)
            #expect(other.grant(limit: 256, here: 0, now: now).count == 0)
            #expect(other.nextWake(here: 0, now: now) == nil)
            one.returned(1, fresh: 1, now: now)
            #expect(other.nextWake(here: 0, now: now) == now)
            #expect(other.grant(limit: 256, here: 0, now: now).count == 1)
        }
    }

    @Test("a grant says how many retries may be marked ahead of their sending: the window's rest, and no other lane's")
    func grantsMarksAhead() throws {
        try withFixture(contacts: 10, url: "http://127.0.0.1:9") { fixture in
            var plan = try fixture.plan()
            plan.settings.concurrency = .fixed
            plan.settings.maxInFlight = 100
            let now = Clocks.monotonic()
            let narrow = try FanOut(plan, origin: OriginShare(), loops: 1)
            #expect(narrow.grant(limit: 24, here: 0, now: now).retriesAhead == 100)
            plan.settings.maxInFlight = 1000
            let wide = try FanOut(plan, origin: OriginShare(), loops: 1)
            #expect(wide.grant(limit: 24, here: 0, now: now).retriesAhead == 256)
            let share = OriginShare()
            let one = try FanOut(fixture.plan(), origin: share, loops: 1)
            let other = try FanOut(fixture.plan(), origin: share, loops: 1)
            #expect(one.grant(limit: 10, here: 0, now: now).count == 10)
            let grant = other.grant(limit: 24, here: 0, now: now)
            #expect(grant.count < 16)
            #expect(grant.retriesAhead == grant.count)
        }
    }

    @Test("a loop has at most its share of the window, so that all together keep no more connections than it is wide")
    func sharesTheWindow() throws {
        try withFixture(contacts: 10, url: "http://127.0.0.1:9") { fixture in
            var plan = try fixture.plan()
            plan.settings.concurrency = .fixed
            plan.settings.maxInFlight = 11
            let fanOut = try FanOut(plan, origin: OriginShare(), loops: 2)
            let now = Clocks.monotonic()
            #expect(fanOut.grant(limit: 256, here: 0, now: now).count == 6)
            #expect(fanOut.grant(limit: 256, here: 6, now: now).count == 0)
            #expect(fanOut.nextWake(here: 6, now: now) == nil, "it would turn round and round")
            #expect(fanOut.nextWake(here: 5, now: now) == now)
            #expect(fanOut.grant(limit: 256, here: 0, now: now).count == 5)
        }
    }

    @Test("several loops deliver all of one fan-out exactly once", arguments: [2, 3])
    func severalLoops(loops: Int) async throws {
        let behaviour: ScriptedReceiver.Behaviour = { request, earlier in
            .status(request.target.hasSuffix("7") && earlier == 0 ? 500 : 200)
        }
        try await withEngine(contacts: 1500, behaviour, loops: loops) { fixture, engine, receiver in
            let result = try await engine.run(fixture)
            #expect(result.isComplete)
            #expect(result.states == [.delivered: 1500])
            #expect(receiver.received.ids == fixture.allIDs)
            #expect(receiver.received.repeats == 150)
            #expect(result.attempts.count == 150)
            #expect(result.progress.watermark == 1500)
        }
    }

    @Test("an engine takes one fan-out after another, also after one that failed")
    func oneAfterAnother() async throws {
        try await withTemporaryFolder { folder in
            try await withScriptedReceiver { receiver in
                try await withEngine(loops: 2) { engine in
                    for number in 0..<4 {
                        let name = "number-\(number)"
                        let fixture = try EngineFixture(contacts: 20, url: receiver.url(""), in: folder, name: name)
                        let breaks = number == 1
                        if breaks { try fixture.breakAudience() }
                        let result = try await engine.run(fixture)
                        #expect(result.isComplete == !breaks)
                    }
                    #expect(receiver.received.requests == 60)
                }
            }
        }
    }

    @Test("an audience that cannot be read ends the fan-out with the error; nothing is uncertain")
    func unreadableAudience() async throws {
        let slow = Behaviours.always(.status(200, after: .milliseconds(20)))
        try await withEngine(contacts: 400, slow) { fixture, engine, receiver in
            let run = try engine.start(fixture.plan())
            try await receiver.received.waitForRequests(50)
            try fixture.breakAudience()
            let result = try FanOutResult(await run.end(), fixture)
            #expect(result.failure != nil)
            #expect(result.states[.delivered] == receiver.received.requests)
            #expect(receiver.received.requests < 400)
            #expect(try fixture.ledger.recover(.hold) == 0)
        }
    }
}

extension EngineFixture {
    fileprivate func breakAudience() throws {
        try audience.database.inDatabase { try $0.execute(sql: "DROP TABLE contact") }
    }
}

/// Runs a test that needs a fixture and neither engine nor receiver.
private func withFixture(contacts: Int, url: String, _ body: (EngineFixture) throws -> Void) throws {
    let folder = try TemporaryFolder()
    defer { try? folder.remove() }
    try body(EngineFixture(contacts: contacts, url: url, in: folder))
}
