import Fanfare
import FanfareReceiver
import FanfareTesting
import GRDB
import NIOConcurrencyHelpers
import Testing

@Suite("Deliveries are sent again with the same ids")
struct RetryTests {
    /// Delivers a plan to its end and settles the run.
    @discardableResult
    private func deliver(_ run: inout JobRun) async throws -> FanOutEnd {
        let engine = try DeliveryEngine(.init(egress: EgressPolicy(allowed: [try .init("127.0.0.0/8")])))
        defer { engine.close() }
        let end = await (try engine.start(run.plan().plan)).end()
        try run.settle(end)
        return end
    }

    /// A job of six contacts, of which `a` and `b` get a 401 and `c` a 500, until the receiver is mended.
    private func withDeadDeliveries(
        _ body: (RunFixture, ScriptedReceiver, NIOLockedValueBox<Bool>) async throws -> Void
    ) async throws {
        let isMended = NIOLockedValueBox(false)
        try await withTemporaryFolder { folder in
            try await withScriptedReceiver { receiver in
                receiver.behave { request, _ in
                    if isMended.withLockedValue({ $0 }) { return .status(200) }
                    if request.target.hasPrefix("/a") || request.target.hasPrefix("/b") { return .status(401) }
                    return .status(request.target.hasPrefix("/c") ? 500 : 200)
                }
                var fixture = try RunFixture(folder, contacts: ["a", "b", "c", "d", "e", "f"])
                fixture.job = fixture.job.replacing("http://127.0.0.1:9/", with: receiver.url("/*|EMAIL|*"))
                fixture.job += "\ndelivery: {retries: [1s]}"
                try await fixture.process { installation in
                    var run = try fixture.start(installation).run
                    try await deliver(&run)
                }
                #expect(try fixture.record().counts?[.dead] == 3)
                try await body(fixture, receiver, isMended)
            }
        }
    }

    private var unauthorized: DeliveryFilter {
        var filter = DeliveryFilter(states: [.dead])
        filter.statuses = [401...401]
        return filter
    }

    @Test("only those that are chosen, under the ids that they had, and the fan-out ends again")
    func chosen() async throws {
        try await withDeadDeliveries { fixture, receiver, isMended in
            isMended.withLockedValue { $0 = true }
            try await fixture.process { installation in
                let retry = try JobRetry(of: "news", unauthorized, in: installation)
                #expect(retry.chosen == 2)
                var run = try retry.begin()
                let end = try await deliver(&run)
                #expect(end.progress.isComplete)
            }
            let record = try fixture.record()
            #expect(record.state == .ended)
            #expect(record.counts?[.delivered] == 5)
            #expect(record.counts?[.dead] == 1)
            #expect(receiver.received.requests == 9)
            // Twice: a and b for the retry, c for its second attempt.
            #expect(receiver.received.ids.count == 6)
        }
    }

    @Test("a death before the ledger's word leaves nothing open; one behind it leaves what whoever goes on sends")
    func death() async throws {
        try await withDeadDeliveries { fixture, receiver, isMended in
            isMended.withLockedValue { $0 = true }
            try fixture.leave { ($0.state, $0.endedAt, $0.counts) = (.running, nil, nil) }
            try await fixture.process { installation in
                var run = try fixture.start(installation).run
                try await deliver(&run)
            }
            #expect(receiver.received.requests == 7)
            try fixture.process { _ = try JobRetry(of: "news", unauthorized, in: $0).begin() }
            #expect(try fixture.record().state == .running)
            try await fixture.process { installation in
                let retry = try JobRetry(of: "news", nil, in: installation)
                #expect((retry.chosen, retry.open) == (0, 2))
                var run = try retry.begin()
                try await deliver(&run)
            }
            #expect(try fixture.record().counts?[.delivered] == 5)
            #expect(receiver.received.requests == 9)
        }
    }

    @Test("what a death left uncertain under hold is sent again only when asked for, with its id")
    func uncertain() async throws {
        try await withTemporaryFolder { folder in
            try await withScriptedReceiver(Behaviours.always(.status(200))) { receiver in
                var fixture = try RunFixture(folder, contacts: ["a", "b", "c", "d", "e", "f"])
                fixture.job = fixture.job.replacing("http://127.0.0.1:9/", with: receiver.url())
                fixture.job += "\ndelivery: {when_uncertain: hold}"
                // The agent died with four handed out, of which nothing is known.
                try fixture.process { installation in
                    let record = try fixture.start(installation).run.record
                    try installation.ledger(of: record).openForWriting().write { db in
                        try db.execute(sql: "UPDATE progress SET watermark = 4, claimed = 4, progress_sum = NULL")
                    }
                }
                try await fixture.process { installation in
                    var run = try fixture.start(installation).run
                    try await deliver(&run)
                }
                #expect(receiver.received.requests == 2)
                #expect(try fixture.record().counts?[.uncertain] == 4)
                try await fixture.process { installation in
                    let dead = try JobRetry(of: "news", DeliveryFilter(states: [.dead]), in: installation)
                    #expect((dead.chosen, dead.open) == (0, 0))
                    let retry = try JobRetry(of: "news", DeliveryFilter(states: [.uncertain]), in: installation)
                    #expect(retry.chosen == 4)
                    var run = try retry.begin()
                    try await deliver(&run)
                }
                #expect(receiver.received.requests == 6)
                #expect(receiver.received.ids.count == 6)
                let record = try fixture.record()
                #expect((record.state, record.counts?[.delivered]) == (.ended, 6))
            }
        }
    }

    @Test("what a death left under way is not sent again under hold before it is settled: that is said")
    func unsettled() async throws {
        try await withTemporaryFolder { folder in
            var fixture = try RunFixture(folder, contacts: ["a", "b", "c", "d", "e", "f"])
            fixture.job += "\ndelivery: {when_uncertain: hold}"
            try fixture.process { installation in
                let record = try fixture.start(installation).run.record
                try installation.ledger(of: record).openForWriting().write { db in
                    try db.execute(sql: "UPDATE progress SET watermark = 5, claimed = 4, progress_sum = NULL")
                }
            }
            let wanted = DeliveryFilter(states: [.dead, .uncertain])
            // Asked by the owner, and only to be told.
            for installation in [try Installation.own(fixture.data), try Installation.read(fixture.data)] {
                let error = #expect(throws: JobRunError.self) { _ = try JobRetry(of: "news", wanted, in: installation) }
                #expect(error?.code == .unfinished)
                #expect(error?.message.contains("5 of its deliveries may have been under way") == true)
                #expect(error?.message.contains("sends what else is open") == true)
                let others = try JobRetry(of: "news", DeliveryFilter(states: [.dead]), in: installation)
                #expect((others.chosen, others.open) == (0, 6))
            }
            try fixture.process { installation in
                var run = try JobRetry(of: "news", nil, in: installation).begin()
                #expect(try run.plan().unsettled == 5)
                let retry = try JobRetry(of: "news", wanted, in: installation)
                #expect((retry.chosen, retry.open) == (5, 1))
            }
        }
    }

    @Test("what was cancelled is sent when asked for, and nothing twice")
    func cancelled() async throws {
        try await withTemporaryFolder { folder in
            try await withScriptedReceiver(Behaviours.always(.status(200))) { receiver in
                var fixture = try RunFixture(folder, contacts: ["a", "b", "c", "d", "e", "f"])
                fixture.job = fixture.job.replacing("http://127.0.0.1:9/", with: receiver.url())
                try fixture.process { installation in
                    var run = try fixture.start(installation).run
                    try run.cancel()
                }
                #expect(receiver.received.requests == 0)
                let ended = try fixture.record()
                #expect((ended.state, ended.counts?[.cancelled]) == (.ended, 6))
                try await fixture.process { installation in
                    let retry = try JobRetry(of: "news", DeliveryFilter(states: [.cancelled]), in: installation)
                    #expect((retry.chosen, retry.open) == (6, 0))
                    var run = try retry.begin()
                    let end = try await deliver(&run)
                    #expect(end.progress.isComplete)
                }
                #expect(receiver.received.requests == 6)
                #expect(receiver.received.ids.count == 6)
                let record = try fixture.record()
                #expect((record.state, record.stopReason, record.counts?[.delivered]) == (.ended, nil, 6))
            }
        }
    }

    @Test("of a fan-out that has stopped, the dead and the rest are sent, with its canary still before them")
    func stopped() async throws {
        try await withTemporaryFolder { folder in
            try await withScriptedReceiver(Behaviours.always(.status(400))) { receiver in
                var fixture = try RunFixture(folder, contacts: (1...40).map { "c\($0)" })
                fixture.job = fixture.job.replacing("http://127.0.0.1:9/", with: receiver.url())
                fixture.job += "\ndelivery: {canary: {contacts: 4, proceed_at: 100%}}"
                try await fixture.process { installation in
                    var run = try fixture.start(installation).run
                    try await deliver(&run)
                }
                #expect(try fixture.record().state == .stopped)
                #expect(receiver.received.requests == 4)
                // The receiver is still broken: the canary stops it again.
                try await fixture.process { installation in
                    let retry = try JobRetry(of: "news", DeliveryFilter(states: [.dead]), in: installation)
                    #expect((retry.chosen, retry.open) == (4, 36))
                    var run = try retry.begin()
                    try await deliver(&run)
                }
                #expect(try fixture.record().state == .stopped)
                #expect(receiver.received.requests <= 8)
                receiver.behave(Behaviours.always(.status(200)))
                try await fixture.process { installation in
                    let retry = try JobRetry(of: "news", DeliveryFilter(states: [.dead]), in: installation)
                    #expect(retry.chosen + retry.open == 40)
                    var run = try retry.begin()
                    try await deliver(&run)
                }
                let record = try fixture.record()
                #expect((record.state, record.counts?[.delivered]) == (.ended, 40))
                #expect(receiver.received.ids.count == 40)
            }
        }
    }

    @Test("what would be chosen is told without changing anything")
    func told() async throws {
        try await withDeadDeliveries { fixture, _, _ in
            let before = try fixture.record()
            let retry = try JobRetry(of: "news", DeliveryFilter(states: [.dead]), in: Installation.read(fixture.data))
            #expect((retry.chosen, retry.open) == (3, 0))
            #expect(try fixture.record() == before)
        }
    }

    @Test("an ended fan-out is pruned in the order catalogue, files; its name is still known as sent")
    func pruned() async throws {
        try await withDeadDeliveries { fixture, _, _ in
            let record = try fixture.record()
            let ledger = try Installation.read(fixture.data).ledger(of: record)
            let audience = try Installation.read(fixture.data).directory.audiencePath(record.audience)
            // A death after the catalogue's word: the next owner removes the files, the audience too.
            try fixture.leave { $0.prunedAt = 1_700_000_000 }
            #expect(Durability.fileExists(ledger.path))
            try fixture.process { _ in }
            #expect(!Durability.fileExists(ledger.path))
            #expect(!Durability.fileExists(audience))
            let again = #expect(throws: JobRunError.self) { try fixture.process { _ = try fixture.begin($0) } }
            #expect(again?.code == .alreadyEnded)
            let reader = try Installation.read(fixture.data)
            let retry = #expect(throws: JobRunError.self) { _ = try JobRetry(of: "news", nil, in: reader) }
            #expect(retry?.code == .pruned)
            #expect(retry?.message.contains("delivered 3, dead 3") == true)
            let second = try fixture.process { try fixture.start($0, again: true).run.record }
            #expect((second.run, second.identity) == (2, record.identity))
        }
    }

    @Test("only what has ended, and long enough ago, is pruned; an audience stays while a run needs it")
    func prunes() async throws {
        try await withDeadDeliveries { fixture, _, _ in
            let ended = try #require(try fixture.record().endedAt)
            try fixture.process { installation in
                #expect(try installation.pruning(named: nil, endedBefore: ended).fanOuts.isEmpty)
                let pruning = try installation.pruning(named: "news", endedBefore: ended + 1)
                #expect(pruning.fanOuts.count == 1)
                #expect(pruning.audiences == 1)
                #expect(pruning.bytes > 20_000)
                try installation.prune(pruning)
                #expect(try installation.pruning(named: nil, endedBefore: nil).fanOuts.isEmpty)
                #expect(try installation.audiences.all().isEmpty)
            }
            #expect(try fixture.record().counts?.total == 6)
            _ = try fixture.process { try fixture.start($0, again: true).run }
            try fixture.leave { $0.stopReason = "stopped" }
            let left = try Installation.read(fixture.data).pruning(named: "news", endedBefore: nil)
            #expect(left.fanOuts.isEmpty)
        }
    }
}
