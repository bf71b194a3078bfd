import Fanfare
import FanfareTesting
import Foundation
import Testing

@Suite("Orders are remembered in the data directory")
struct ControlDeskTests {
    private static let set = SettingsChange(rate: .perSecond(100), maxInFlight: 7)

    /// Gives an order as a process that owns the directory and runs nothing.
    @discardableResult
    private func order(
        _ fixture: RunFixture,
        _ command: ControlRequest.Command,
        _ change: SettingsChange? = nil,
        name: String = "news"
    ) throws -> ControlAnswer {
        try fixture.process { try ControlDesk($0).answer(ControlRequest(command, name: name, change: change)) }
    }

    private func orders(_ fixture: RunFixture) throws -> FanOutOrders {
        try Installation.read(fixture.data).orders(for: fixture.record())
    }

    /// Runs what is there to its end, as it was ordered.
    private func run(_ fixture: RunFixture, acceptChanges: Bool = false) async throws -> (JobRun, FanOutEnd) {
        try await fixture.process { installation in
            var (run, plan) = try fixture.start(installation, acceptChanges: acceptChanges)
            let desk = try ControlDesk(installation).takeUp(run.record.id, plan.settings)
            let engine = try DeliveryEngine(.init(egress: EgressPolicy(allowed: [try .init("127.0.0.0/8")])))
            let end = try await desk.start(plan, on: engine).end()
            desk.ended()
            engine.close()
            try run.settle(end)
            return (run, end)
        }
    }

    @Test("a pause holds over restarts until it is taken back")
    func pauses() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try RunFixture(folder)
            _ = try fixture.process { try fixture.start($0).run }
            #expect(try order(fixture, .pause).refusal == nil)
            #expect(try orders(fixture).isPaused)
            #expect(try order(fixture, .pause).message.contains("paused already"))
            #expect(try order(fixture, .resume).message == "news goes on with its next run")
            #expect(try orders(fixture) == FanOutOrders())
            #expect(try order(fixture, .resume).message == "news is not paused")
        }
    }

    @Test("what was set holds over the job file, one key over the other, until a changed job is accepted")
    func sets() async throws {
        try await withTemporaryFolder { folder in
            var fixture = try RunFixture(folder)
            _ = try fixture.process { try fixture.start($0).run }
            let first = try order(fixture, .set, Self.set)
            #expect(first.message.contains("rate is 100/s; it was none, as the job file says"), "\(first)")
            let second = try order(fixture, .set, SettingsChange(rate: .perSecond(50)))
            #expect(second.message.contains("rate is 50/s; it was 100/s, as set on "), "\(second)")
            #expect(second.message.contains("(the job file says none)"))
            #expect(try orders(fixture).change == SettingsChange(rate: .perSecond(50), maxInFlight: 7))
            // The same contacts and another job.
            fixture.job += "\ndelivery: {rate: 3/s}"
            let run = try fixture.process { try fixture.start($0, acceptChanges: true).run }
            #expect(run.droppedChange == SettingsChange(rate: .perSecond(50), maxInFlight: 7))
            #expect(try orders(fixture) == FanOutOrders())
        }
    }

    @Test("a changed contact file that is accepted leaves what was set")
    func keepsSettings() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try RunFixture(folder)
            _ = try fixture.process { try fixture.start($0).run }
            try order(fixture, .set, Self.set)
            try fixture.write(contacts: ["a", "b"])
            _ = try fixture.process { try fixture.start($0, acceptChanges: true).run }
            #expect(try orders(fixture).change == Self.set)
        }
    }

    @Test("what was set outlives the end: a retry follows it, and so does a new run unless its job has changed")
    func keepsSettingsAfterEnd() async throws {
        try await withTemporaryFolder { folder in
            var fixture = try RunFixture(folder)
            _ = try fixture.process { try fixture.start($0).run }
            try order(fixture, .set, Self.set)
            let at = try orders(fixture).changedAt
            _ = try await fixture.process { try await end($0, fixture) }
            #expect(try fixture.record().state == .ended)
            try expectOnlySettings(fixture, since: at)
            let cancelled = DeliveryFilter(states: [.cancelled])
            _ = try fixture.process { try JobRetry(of: "news", cancelled, in: $0).begin() }
            try expectOnlySettings(fixture, since: at)
            try order(fixture, .cancel)
            try expectOnlySettings(fixture, since: at)
            #expect(try fixture.process { try fixture.start($0, again: true).run.droppedChange }.isEmpty)
            #expect(try fixture.record().run == 2)
            try expectOnlySettings(fixture, since: at)
            try order(fixture, .cancel)
            fixture.job += "\ndelivery: {rate: 3/s}"
            #expect(try fixture.process { try fixture.start($0, again: true).run.droppedChange } == Self.set)
            #expect(try fixture.record().run == 3)
            #expect(try orders(fixture) == FanOutOrders())
        }
    }

    /// Ends the fan-out in a process that runs it.
    private func end(_ installation: Installation, _ fixture: RunFixture) async throws {
        var (run, plan) = try fixture.start(installation)
        let desk = try ControlDesk(installation)
        let taken = try desk.takeUp(run.record.id, plan.settings)
        _ = desk.answer(ControlRequest(.pause, name: "news"))
        _ = desk.answer(ControlRequest(.cancel, name: "news"))
        let engine = try DeliveryEngine(.init())
        defer { engine.close() }
        try await run.settle(taken.start(plan, on: engine).end())
    }

    private func expectOnlySettings(_ fixture: RunFixture, since at: Int64?) throws {
        var wanted = FanOutOrders()
        (wanted.change, wanted.changedAt) = (Self.set, at)
        #expect(try orders(fixture) == wanted)
    }

    @Test("values that do not go with the job are refused, and nothing is set")
    func refusesValues() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try RunFixture(folder)
            _ = try fixture.process { try fixture.start($0).run }
            // Against the job's retries, and against the range.
            for change in [SettingsChange(deadline: .seconds(10)), SettingsChange(maxInFlight: 0)] {
                let answer = try order(fixture, .set, change)
                #expect(answer.refusal == .invalid && answer.message.contains("is not accepted"), "\(answer)")
            }
            #expect(try orders(fixture) == FanOutOrders())
        }
    }

    @Test("a deadline that was set before the job was known is held against it at the start")
    func refusesAtStart() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try RunFixture(folder)
            _ = try fixture.process { try fixture.begin($0) }
            #expect(try order(fixture, .set, SettingsChange(deadline: .seconds(10))).refusal == nil)
            await #expect(throws: JobRunError.self) { _ = try await run(fixture) }
            #expect(try order(fixture, .set, SettingsChange(deadline: .seconds(3600))).refusal == nil)
        }
    }

    @Test("a cancelled one that no process runs is ended at once, and stays so")
    func cancels() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try RunFixture(folder)
            _ = try fixture.process { try fixture.start($0).run }
            let answer = try order(fixture, .cancel)
            #expect(answer.message == "news is cancelled: 0 delivered, 3 cancelled of 3")
            let record = try fixture.record()
            #expect(record.state == .ended && record.counts?[.cancelled] == 3)
            #expect(record.stopReason == "cancelled by the operator")
            for command in [ControlRequest.Command.pause, .resume, .cancel] {
                let again = try order(fixture, command)
                #expect(again.refusal == .ended && again.message.contains("has ended on"), "\(again)")
            }
            #expect(throws: JobRunError.self) { try fixture.process { try fixture.begin($0) } }
            #expect(try fixture.process { try fixture.begin($0, again: true).record.run } == 2)
        }
    }

    @Test("one that has not chosen its recipients can be cancelled")
    func cancelsBeforeFreeze() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try RunFixture(folder)
            _ = try fixture.process { try fixture.begin($0) }
            #expect(try order(fixture, .cancel).message == "news is cancelled; nothing had been sent")
            #expect(try fixture.record().state == .ended)
        }
    }

    @Test("a death after the order and before all was cancelled: whoever goes on cancels first")
    func cancelsAfterDeath() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try RunFixture(folder)
            _ = try fixture.process { try fixture.start($0).run }
            try fixture.process { installation in
                var orders = FanOutOrders()
                orders.cancelledAt = 1
                try installation.fanOuts().save(orders, for: fixture.record().id)
            }
            #expect(try order(fixture, .resume).message == "news is being cancelled, which cannot be taken back")
            let retry = #expect(throws: JobRunError.self) {
                try fixture.process { _ = try JobRetry(of: "news", nil, in: $0) }
            }
            #expect(retry?.message.contains("ordered on 1970-01-01T00:00:01Z, is not carried out") == true)
            #expect(try fixture.process { try fixture.begin($0).isCancelled })
            let record = try fixture.record()
            #expect(record.state == .ended && record.counts?[.cancelled] == 3)
            #expect(try orders(fixture) == FanOutOrders())
            #expect(throws: JobRunError.self) { try fixture.process { try fixture.begin($0) } }
        }
    }

    @Test("an order to cancel that came before the start ends the run without a request")
    func cancelsBeforeStart() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try RunFixture(folder)
            let end = try await fixture.process { installation in
                var (run, plan) = try fixture.start(installation)
                let desk = try ControlDesk(installation)
                let taken = try desk.takeUp(run.record.id, plan.settings)
                let answer = desk.answer(ControlRequest(.cancel, name: "news"))
                #expect(answer.message == "news is cancelled before it has begun to send")
                let engine = try DeliveryEngine(.init())
                let end = try await taken.start(plan, on: engine).end()
                engine.close()
                try run.settle(end)
                return end
            }
            #expect(end.progress.counts[.cancelled] == 3 && end.snapshot.attempts == 0)
            #expect(try fixture.record().state == .ended)
        }
    }

    @Test("no order is confirmed for a fan-out whose ledger is damaged or missing: it is named, and nothing is noted")
    func damagedLedger() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try RunFixture(folder)
            let record = try fixture.process { try fixture.start($0).run.record }
            let ledger = "data/fanouts/\(record.id).sqlite"
            for isMissing in [false, true] {
                try Durability.deleteDatabase(folder.path(ledger))
                if !isMissing { try folder.write("no database", to: ledger) }
                for command in [ControlRequest.Command.pause, .resume, .set] {
                    let answer = try order(fixture, command, command == .set ? Self.set : nil)
                    #expect(answer.refusal == .failed && answer.message.contains(ledger), "\(command): \(answer)")
                    #expect(answer.message.contains(isMissing ? "missing" : "damaged"), "\(command): \(answer)")
                }
                #expect(try orders(fixture) == FanOutOrders())
            }
        }
    }

    @Test("an unknown name is answered with the nearest")
    func unknown() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try RunFixture(folder)
            _ = try fixture.process { try fixture.begin($0) }
            let answer = try order(fixture, .pause, name: "new")
            #expect(answer.refusal == .unknown)
            #expect(answer.message == "there is no fan-out \"new\" in this data directory; did you mean \"news\"?")
        }
    }

    @Test("two that set at once are both answered, and the later is told what the earlier set")
    func concurrentSets() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try RunFixture(folder)
            let messages = try await fixture.process { installation in
                let run = try fixture.start(installation).run
                let desk = try ControlDesk(installation)
                try desk.takeUp(run.record.id, DeliverySettings())
                return await withTaskGroup(of: ControlAnswer.self) { group in
                    for rate in 1...8 {
                        group.addTask {
                            desk.answer(.init(.set, name: "news", change: .init(rate: .perSecond(Double(rate)))))
                        }
                    }
                    return await group.reduce(into: []) { $0.append($1.message) }
                }
            }
            #expect(messages.count == 8)
            #expect(messages.filter { $0.contains("as the job file says") }.count == 1)
            #expect(messages.filter { $0.contains("as set on") }.count == 7)
            // Each order saw the one before: the chain of "was" leads from the first to the one that holds.
            let last = try #require(try orders(fixture).change.rate)
            guard case .perSecond(let rate) = last else { return #expect(Bool(false)) }
            #expect(messages.filter { $0.contains("it was \(Int(rate))/s") }.isEmpty)
        }
    }

    @Test(
        "words are read as a job file has them",
        arguments: [
            (["rate=300/min"], SettingsChange(rate: .perSecond(5))), (["rate=none"], SettingsChange(rate: .unlimited)),
            (["max_in_flight=65536", "deadline=1h30m"], SettingsChange(maxInFlight: 65_536, deadline: .seconds(5400))),
        ]
    )
    func words(words: [String], expected: SettingsChange) throws {
        #expect(try SettingsChange(words: words) == expected)
    }

    @Test(
        "words that cannot be used are told with what is accepted",
        arguments: [
            ("rate=100", "write rate=100/s"), ("rate=", "a rate such as"), ("rate", "a value is missing"),
            ("rate=0/s", "0.001/s"), ("max-in-flight=3", "did you mean \"max_in_flight\"?"),
            ("max_in_flight=0", "1 … 65536"), ("max_in_flight=-1", "1 … 65536"), ("deadline=90", "write deadline=90s"),
            ("deadline=31d", "1s … 30d"), ("timeout=3s", "what can be set is"), ("=3", "what can be set is"),
        ]
    )
    func badWords(word: String, expected: String) {
        let error = #expect(throws: InvalidSettingsWords.self) { try SettingsChange(words: [word]) }
        #expect(error?.description.contains(expected) == true, "\(String(describing: error))")
    }

    @Test("a key that is given twice is refused, and all problems are told at once")
    func repeatedWords() {
        let error = #expect(throws: InvalidSettingsWords.self) {
            try SettingsChange(words: ["rate=1/s", "rate=2/s", "deadline=x"])
        }
        #expect(error?.problems.count == 2)
    }
}
