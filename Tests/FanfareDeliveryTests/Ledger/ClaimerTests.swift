import FanfareStore
import GRDB
import Testing

@testable import FanfareDelivery

/// The claimer beside a writer that the test drives by hand, one commit at a time.
@Suite("The claimer hands out each delivery once")
struct ClaimerTests {
    /// A claimer, and the commits that a writer thread would make.
    final class Desk {
        let test: TestLedger
        let inbox = OutcomeInbox()
        let claimer: Claimer
        var progress: LedgerProgress
        private let database: DatabaseQueue
        private let commit: LedgerCommit
        private var batch = OutcomeBatch()

        init(recipients: Int64, window: Int = 16, open: Int64 = .max, hold: Bool = false) throws {
            test = try TestLedger(recipients: recipients)
            progress = try test.ledger.progress()
            database = try test.ledger.openForWriting()
            commit = try database.inDatabase { try LedgerCommit($0) }
            claimer = try Claimer(
                ledger: test.ledger,
                progress: progress,
                lead: max(window, 4096),
                open: open,
                marksRetries: hold,
                inbox: inbox
            )
        }

        /// Under `hold`: all have failed once and are due at 1.
        static func holdingRetries(_ recipients: Int64) throws -> Desk {
            let desk = try Desk(recipients: recipients, hold: true)
            _ = try desk.claim(1)
            try desk.write()
            _ = try desk.claim(Int(recipients))
            try desk.write((1...recipients).map { .record($0, to: .retryable, dueAt: 1) })
            return desk
        }

        func claim(
            _ limit: Int,
            fresh: Int? = nil,
            retriesAhead: Int = 0,
            at laneSeconds: Int64 = 0
        ) throws -> ClaimBatch {
            var claims = ClaimBatch()
            try claimer.claim(
                limit: limit,
                freshLimit: fresh ?? limit,
                retriesAhead: retriesAhead,
                laneSeconds: laneSeconds,
                into: &claims
            )
            return claims
        }

        /// One turn of the writer over whatever was posted and asked.
        func write(_ records: [OutcomeRecord] = []) throws {
            inbox.post(OutcomeBatch(records))
            let work = inbox.take(into: &batch, patience: 0)
            progress.watermark = work.watermark ?? progress.watermark
            progress.claimed = claimer.claimed
            try database.inDatabase { try commit.write(batch, progress: &progress, in: $0) }
            claimer.committed(batch.records, progress: progress)
            batch.removeAll()
            inbox.committed()
        }
    }

    @Test("nothing goes out beyond the parts that have begun, nor does the watermark run beyond them")
    func parts() throws {
        let desk = try Desk(recipients: 10_000, open: 100)
        _ = try desk.claim(60)
        try desk.write()
        #expect(desk.progress.watermark == 100)
        #expect(try desk.claim(60).fresh == 1..<61)
        #expect(!desk.claimer.hasGivenOutAll)
        #expect(try desk.claim(60).fresh == 61..<101)
        #expect(try desk.claim(60).isEmpty && desk.claimer.hasGivenOutAll)
        try desk.write()
        #expect(desk.progress.watermark == 100)
        desk.claimer.open(upTo: 50)
        #expect(try desk.claim(60).isEmpty)
        desk.claimer.open(upTo: 130)
        _ = try desk.claim(60)
        try desk.write()
        #expect(desk.progress.watermark == 130)
        #expect(try desk.claim(60).fresh == 101..<131)
        desk.claimer.open(upTo: .max)
        _ = try desk.claim(60)
        try desk.write()
        #expect(try desk.claim(60).fresh == 131..<191)
    }

    @Test("nothing goes out beyond the watermark on disk")
    func watermarkFirst() throws {
        let desk = try Desk(recipients: 10_000)
        #expect(try desk.claim(100).isEmpty)
        try desk.write()
        #expect(desk.progress.watermark == 4096)
        #expect(try desk.claim(5000).fresh == 1..<4097)
        #expect(try desk.claim(1).isEmpty)
        try desk.write()
        #expect(desk.progress.watermark == 8192)
    }

    @Test("the watermark runs no further than a canary, and on when it has passed")
    func watermarkOfCanary() throws {
        let desk = try Desk(recipients: 10_000)
        var batch = ClaimBatch()
        func claim(_ limit: Int, ahead: Int) throws -> Int {
            try desk.claimer.claim(
                limit: limit,
                freshLimit: min(limit, ahead),
                freshAhead: ahead,
                laneSeconds: 0,
                into: &batch
            )
            try desk.write()
            return batch.count
        }
        #expect(try claim(256, ahead: 10) == 0)
        #expect(desk.progress.watermark == 10)
        #expect(try claim(4, ahead: 10) == 4)
        #expect(try claim(256, ahead: 6) == 6)
        #expect(try claim(256, ahead: 0) == 0)
        #expect(desk.progress.watermark == 10)
        _ = try claim(256, ahead: Int.max)
        #expect(desk.progress.watermark == 10 + 4096)
    }

    @Test("a rate keeps the watermark near")
    func lead() {
        var settings = DeliverySettings()
        #expect(settings.watermarkLead == 4096)
        settings.maxInFlight = 10_000
        #expect(settings.watermarkLead == 10_000)
        settings.ratePerSecond = 100
        #expect(settings.watermarkLead == 200)
        settings.ratePerSecond = 0.5
        #expect(settings.watermarkLead == 16)
    }

    @Test("the next stretch is asked for when half of the lead is used")
    func asksAtHalf() throws {
        let desk = try Desk(recipients: 100_000)
        _ = try desk.claim(1)
        try desk.write()
        _ = try desk.claim(2047)
        try desk.write()
        #expect(desk.progress.watermark == 4096)
        _ = try desk.claim(2)
        try desk.write()
        #expect(desk.progress.watermark == 2049 + 4096)
    }

    @Test("a row that failed comes back when it is due, once, with its history")
    func dueRows() throws {
        let desk = try Desk(recipients: 3)
        _ = try desk.claim(3)
        try desk.write()
        #expect(try desk.claim(3).fresh == 1..<4)
        try desk.write([
            .record(1, to: .delivered), .record(2, to: .retryable, dueAt: 5), .record(3, to: .retryable, dueAt: 4),
        ])
        #expect(try desk.claim(9, at: 3).isEmpty)
        #expect(try desk.claim(9, at: 5).due.map(\.ordinal) == [3, 2])
        #expect(try desk.claim(9, at: 6).isEmpty)
        try desk.write([
            .record(2, from: .retryable, to: .retryable, attempts: 2, dueAt: 6),
            .record(3, from: .retryable, to: .dead, attempts: 2),
        ])
        let again = try desk.claim(9, at: 6).due
        #expect(again.map(\.ordinal) == [2])
        #expect(again.first?.attempts == 2)
        try desk.write([.record(2, from: .retryable, to: .delivered, attempts: 3)])
        #expect(desk.progress.isComplete)
        #expect(try desk.test.countedStates() == [.delivered: 2, .dead: 1])
    }

    @Test("a row due in a second already read is found all the same")
    func dueBehindTheCursor() throws {
        let desk = try Desk(recipients: 2)
        _ = try desk.claim(2)
        try desk.write()
        _ = try desk.claim(2)
        try desk.write([.record(1, to: .retryable, dueAt: 7)])
        #expect(try desk.claim(9, at: 9).due.map(\.ordinal) == [1])
        try desk.write([.record(2, to: .retryable, dueAt: 7)])
        #expect(try desk.claim(9, at: 9).due.map(\.ordinal) == [2])
    }

    @Test("what is handed back goes out with the next claim")
    func givenBack() throws {
        let desk = try Desk(recipients: 5)
        _ = try desk.claim(1)
        try desk.write()
        _ = try desk.claim(5)
        desk.claimer.giveBack(Claim(ordinal: 4, before: .scheduled))
        #expect(try desk.claim(5).due.map(\.ordinal) == [4])
        #expect(try desk.claim(5).isEmpty)
    }

    @Test("under hold a retry is marked in flight on disk before it goes out")
    func marksFirst() throws {
        let desk = try Desk(recipients: 1, hold: true)
        _ = try desk.claim(1)
        try desk.write()
        _ = try desk.claim(1)
        try desk.write([.record(1, to: .retryable, dueAt: 1)])
        #expect(try desk.claim(1, at: 1).isEmpty)
        #expect(desk.claimer.isMarking)
        try desk.write()
        #expect(try desk.test.countedStates() == [.inFlight: 1])
        let claims = try desk.claim(1, at: 1).due
        #expect(claims.map(\.before) == [.inFlight])
        try desk.write([.record(1, from: .inFlight, to: .delivered, attempts: 2)])
        #expect(desk.progress.isComplete)
    }

    @Test("under hold never more are marked in flight than may be sent", arguments: 1...2)
    func marksNoMoreThanMayBeSent(limit: Int) throws {
        let desk = try Desk.holdingRetries(40)
        // The loop turns more often than the writer commits.
        for _ in 0..<5 { #expect(try desk.claim(limit, at: 1).isEmpty) }
        try desk.write()
        #expect(desk.progress.counts[.inFlight] == Int64(limit))
        #expect(try desk.claim(limit, at: 1).count == limit)
    }

    @Test("under hold one commit marks what several turns send")
    func marksAhead() throws {
        let desk = try Desk.holdingRetries(40)
        for _ in 0..<5 { #expect(try desk.claim(4, retriesAhead: 30, at: 1).isEmpty) }
        try desk.write()
        #expect(desk.progress.counts[.inFlight] == 30)
        // What may still be sent is less by what is in flight.
        for ahead in [30, 26, 22] { #expect(try desk.claim(4, retriesAhead: ahead, at: 1).due.count == 4) }
        try desk.write()
        #expect(desk.progress.counts[.inFlight] == 30)
    }

    @Test("under hold a commit is asked for when half of what may be marked is sent, not in every turn")
    func marksByHalves() throws {
        let desk = try Desk.holdingRetries(80)
        #expect(try desk.claim(4, retriesAhead: 30, at: 1).isEmpty)
        try desk.write()
        // At each of these 18 or more are marked, this turn's among them.
        for _ in 0..<4 {
            #expect(try desk.claim(4, retriesAhead: 30, at: 1).due.count == 4)
            try desk.write()
            #expect(desk.progress.counts[.inFlight] == 30)
        }
        #expect(try desk.claim(4, retriesAhead: 30, at: 1).due.count == 4)
        try desk.write()
        #expect(desk.progress.counts[.inFlight] == 46)
    }

    @Test("at rest the watermark on disk falls to what went out, and nothing fresh goes out meanwhile")
    func rests() throws {
        let desk = try Desk(recipients: 10_000)
        _ = try desk.claim(1)
        try desk.write()
        _ = try desk.claim(10)
        desk.claimer.rest(unixTime: 1)
        #expect(try desk.claim(10).isEmpty)
        try desk.write()
        #expect(desk.progress.watermark == 10)
        #expect(try desk.claim(10).isEmpty)
        try desk.write()
        #expect(try desk.claim(10).fresh == 11..<21)
    }

    @Test("at rest what was handed back is written back, and handed out again later", arguments: [false, true])
    func restsWithReturned(hold: Bool) throws {
        let desk = try Desk(recipients: 100, hold: hold)
        _ = try desk.claim(1)
        try desk.write()
        _ = try desk.claim(10)
        try desk.write([.record(1, to: .retryable, dueAt: 1), .record(2, to: .retryable, dueAt: 1)])
        var due = try desk.claim(2, fresh: 0, at: 1).due
        if hold {
            try desk.write()
            due = try desk.claim(2, fresh: 0, at: 1).due
        }
        #expect(due.map(\.ordinal) == [1, 2])
        for claim in due { desk.claimer.giveBack(claim) }
        desk.claimer.giveBack(Claim(ordinal: 7, before: .scheduled))
        desk.claimer.rest(unixTime: 1)
        #expect(try desk.claim(10, fresh: 0, at: 1).isEmpty)
        try desk.write()
        #expect(try desk.test.countedStates()[.inFlight] == nil)
        var again = try desk.claim(10, fresh: 0, at: 1).due
        if hold {
            try desk.write()
            again = try desk.claim(10, fresh: 0, at: 1).due
        }
        #expect(again.map(\.ordinal).sorted() == [1, 2, 7])
    }

    @Test("a row that falls due behind the place where reading stands is not forgotten")
    func behindTheCursor() throws {
        let desk = try Desk(recipients: 8000, window: 8000)
        _ = try desk.claim(1)
        try desk.write()
        _ = try desk.claim(8000)
        try desk.write((1001...8000).map { .record($0, to: .retryable, dueAt: 5) })
        // More are due than are read at once: reading stands among them.
        var got = Set(try desk.claim(256, fresh: 0, at: 9).due.map(\.ordinal))
        try desk.write((1...1000).map { .record($0, to: .retryable, dueAt: 5) })
        while true {
            let due = try desk.claim(256, fresh: 0, at: 9).due
            if due.isEmpty { break }
            for claim in due { #expect(got.insert(claim.ordinal).inserted) }
        }
        #expect(got.count == 8000)
    }

    @Test("under hold a lane at rest has no retries marked in flight, and sends them later")
    func restsUnmarked() throws {
        let desk = try Desk.holdingRetries(3)
        _ = try desk.claim(3, at: 1)
        try desk.write()
        #expect(desk.progress.counts[.inFlight] == 3)
        desk.claimer.rest(unixTime: 1)
        try desk.write()
        #expect(desk.progress.counts[.retryable] == 3)
        #expect(try desk.test.countedStates() == [.retryable: 3])
        #expect(try desk.claim(3, at: 1).isEmpty)
        try desk.write()
        #expect(try desk.claim(3, at: 1).due.map(\.ordinal) == [1, 2, 3])
    }

    @Test("an orderly end leaves nothing that may have been sent", arguments: [false, true])
    func surrenders(hold: Bool) throws {
        let desk = try Desk(recipients: 10_000, hold: hold)
        _ = try desk.claim(1)
        try desk.write()
        _ = try desk.claim(20)
        desk.claimer.giveBack(Claim(ordinal: 20, before: .scheduled))
        try desk.write((1...18).map { .record($0, to: .delivered) } + [.record(19, to: .retryable, dueAt: 1)])
        _ = try desk.claim(0, at: 1)
        if hold {
            for claim in try desk.claim(2, fresh: 0, at: 1).due { desk.claimer.giveBack(claim) }
            try desk.write()
        }
        desk.claimer.surrender(unixTime: 1)
        try desk.write()
        #expect(try desk.test.ledger.recover(.hold) == 0)
        let states = try desk.test.countedStates()
        #expect(states[.uncertain] == nil)
        #expect(states[.retryable, default: 0] + states[.available, default: 0] >= 1)
    }
}

@Suite("Recovery settles what the last process left open")
struct RecoveryTests {
    @Test(
        "what lies below the watermark without an outcome",
        arguments: [
            (DeliverySettings.WhenUncertain.resend, DeliveryState.available), (.hold, .uncertain),
        ]
    )
    func unsettled(choice: DeliverySettings.WhenUncertain, becomes state: DeliveryState) throws {
        let desk = try ClaimerTests.Desk(recipients: 10_000)
        _ = try desk.claim(1)
        try desk.write()
        _ = try desk.claim(100)
        try desk.write((1...60).map { .record($0, to: .delivered) })
        #expect(try desk.test.ledger.recover(choice) == 4096 - 60)
        let progress = try desk.test.ledger.progress()
        #expect(progress.counts[state] == 4096 - 60)
        #expect(progress.counts.total == 10_000)
        #expect(try desk.test.countedStates() == [.delivered: 60, state: 4036, .scheduled: 10_000 - 4096])
        #expect(try desk.test.ledger.recover(choice) == 0)
    }

    @Test("cancelling the rest leaves only final states")
    func cancels() throws {
        let desk = try ClaimerTests.Desk(recipients: 50)
        _ = try desk.claim(1)
        try desk.write()
        _ = try desk.claim(10)
        try desk.write([.record(1, to: .delivered), .record(2, to: .retryable, dueAt: 3)])
        #expect(try desk.test.ledger.cancelRest(.stopAfter) == 49)
        #expect(try desk.test.countedStates() == [.delivered: 1, .cancelled: 49])
        #expect(try desk.test.ledger.progress().isComplete)
    }
}
