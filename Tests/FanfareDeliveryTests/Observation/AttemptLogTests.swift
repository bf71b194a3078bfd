import FanfarePayload
import FanfareTransport
import Logging
import NIOConcurrencyHelpers
import Testing

@testable import FanfareDelivery

@Suite struct AttemptLogTests {
    /// A log that keeps what it is told.
    private struct Keeper: LogHandler {
        let lines: NIOLockedValueBox<[(message: String, details: Logger.Metadata)]>
        var logLevel: Logger.Level
        var metadata: Logger.Metadata = [:]

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            lines.withLockedValue { $0.append((event.message.description, event.metadata ?? [:])) }
        }
    }

    private let lines = NIOLockedValueBox<[(message: String, details: Logger.Metadata)]>([])
    private let ids = DeliveryIDSeries(installation: "0", fanOut: "a", run: 1)

    private func makeLog(_ level: Logger.Level = .debug) -> AttemptLog? {
        let keeper = Keeper(lines: lines, logLevel: level)
        return AttemptLog(Logger(label: "test") { _ in keeper }, ids: ids)
    }

    private func fail(_ log: inout AttemptLog, contact: Int64, at second: Int64) {
        var completion = TransferCompletion()
        completion.httpStatus = 500
        completion.totalMicroseconds = 1_234_000
        let claim = Claim(ordinal: contact, before: .scheduled)
        let slot = RequestInFlight(claim: claim, lane: 0, contact: contact, digest: 0, startedAt: 0)
        log.failed(
            slot,
            completion,
            .status,
            .retry(dueAt: 12),
            history: .init(attempts: 1, uncounted: 1, firstAt: 0),
            laneSeconds: 2,
            unixTime: second
        )
    }

    @Test(
        "nothing is spent where nobody asked for single deliveries",
        arguments: [Logger.Level.info, .warning, .error]
    )
    func off(_ level: Logger.Level) {
        #expect(makeLog(level) == nil)
    }

    @Test("a line has the delivery's id and what follows, and is written only when no lock is held")
    func line() throws {
        var log = try #require(makeLog())
        fail(&log, contact: 7, at: 1)
        #expect(lines.withLockedValue { $0.isEmpty })
        log.flush()
        let (message, details) = try #require(lines.withLockedValue { $0.first })
        #expect(message == "attempt failed")
        #expect(
            details.mapValues(\.description) == [
                "delivery": ids.id(contact: 7).description, "attempt": "2", "reason": "status 500", "status": "500",
                "duration_ms": "1234", "then": "retryable", "retry_in_s": "10",
            ]
        )
    }

    @Test("past a number of lines a second they are only counted, and the count is told")
    func flood() throws {
        var log = try #require(makeLog())
        for contact in 1...1000 { fail(&log, contact: Int64(contact), at: 1) }
        log.flush()
        #expect(lines.withLockedValue { $0.count } == AttemptLog.linesPerSecond)
        fail(&log, contact: 1, at: 2)
        log.flush()
        let later = lines.withLockedValue { Array($0.dropFirst(AttemptLog.linesPerSecond)) }
        #expect(later.count == 2)
        #expect(later.first?.details["count"]?.description == "800")
        for contact in 1...300 { fail(&log, contact: Int64(contact), at: 3) }
        log.close()
        #expect(lines.withLockedValue { $0.last?.details["count"]?.description } == "100")
    }

    @Test("what a turn gives back as a whole is not told")
    func forgotten() throws {
        var log = try #require(makeLog())
        log.unsent(contact: 1, .skipped, .erased, unixTime: 1)
        log.forget()
        log.close()
        #expect(lines.withLockedValue { $0.isEmpty })
    }
}

@Suite struct AttemptTotalsTests {
    @Test("a duration counts for every bound that it does not exceed")
    func buckets() {
        var counts = DurationCounts(.attempts)
        for microseconds in [1, 1000, 1001, 60_000_000, 60_000_001] { counts.add(microseconds: Int64(microseconds)) }
        let cumulative = counts.cumulative
        #expect(cumulative.first?.count == 2)
        #expect(cumulative[1].count == 3)
        #expect(cumulative.last?.bound == 60_000_000)
        #expect(cumulative.last?.count == 4)
        #expect(counts.count == 5)
        #expect(counts.microseconds == 120_002_003)
        for scale in [DurationCounts.Scale.attempts, .commits] {
            #expect(scale.bounds == scale.bounds.sorted() && scale.bounds.count == 15)
        }
    }

    @Test("an attempt counts by what it means and what came back")
    func attempts() {
        var totals = AttemptTotals()
        var completion = TransferCompletion()
        completion.bytesUp = 100
        completion.bytesDown = 10
        for (status, decision, reason) in [
            (Int32(204), RetryPolicy.Decision.delivered, Reason?.none), (503, .retry(dueAt: 1), .status),
            (0, .dead(.timeout), .timeout), (999, .uncertain(.malformed), .malformed),
        ] {
            completion.httpStatus = status
            totals.ended(decision, reason, completion, isRetry: status == 503)
        }
        #expect(totals[.delivered, .success] == 1)
        #expect(totals[.retryable, .serverError] == 1)
        #expect(totals[.dead, .none] == 1)
        #expect(totals[.uncertain, .none] == 1)
        #expect(totals[failed: .status] == 1 && totals[failed: .timeout] == 1 && totals[failed: .resolve] == 0)
        #expect(totals.retries == 1 && totals.bytesSent == 400 && totals.bytesReceived == 40)
    }

    @Test("every reason that an attempt can end with has a place of its own", arguments: Reason.allCases)
    func place(_ reason: Reason) {
        let afterwards: Set<Reason> = [
            .attemptsUsedUp, .deadline, .unsubscribed, .erased, .removed, .missingField, .invalidHeader, .invalidURL,
            .suppressed, .heldOut, .localTimePast, .stopAfter, .cancelled, .canary, .firstAnswers, .endpointDisabled,
        ]
        var totals = AttemptTotals()
        totals.ended(.dead(reason), reason, TransferCompletion(), isRetry: false)
        for each in Reason.allCases {
            #expect(totals[failed: each] == (each == reason && !afterwards.contains(reason) ? 1 : 0), "\(each)")
        }
    }
}
