import FanfareDelivery
import FanfareStore
import GRDB

/// How an attempt or a delivery ended, as rows say it.
struct Ending: Hashable {
    var reason: Int64
    var status: Int64

    /// One line for people.
    ///
    /// - Throws: `Contradiction` when the ledger holds a reason that this version does not know.
    func text() throws -> String {
        if reason == 0 { return status == 0 ? "unknown" : "status \(status)" }
        guard let known = UInt8(exactly: reason).flatMap(Reason.init(rawValue:)) else {
            throw Contradiction(what: "it holds the unknown reason \(reason)")
        }
        return known.text(status: UInt16(clamping: status))
    }

    /// The status, if there was one.
    var knownStatus: Int? { status == 0 ? nil : Int(status) }
}

/// Counts the rows of `outcome` and `attempt`.
struct OutcomePass {
    /// More attempts than that are shown together.
    static let mostTries = 12

    private(set) var counts = StateCounts()
    private var sums = LedgerSurvey()
    private var timeline: TimelineCounter
    private var accepted: [Int64: Int64] = [:]
    private var failures: [Ending: Int64] = [:]
    private var setAside: [DeliveryState: [Ending: Int64]] = [:]
    private var tries = Array(repeating: (delivered: Int64(0), dead: Int64(0)), count: mostTries + 1)

    /// - Parameter span: From the first to the last second of the time line.
    init(span: ClosedRange<Int64>) {
        timeline = TimelineCounter(from: span.lowerBound, to: span.upperBound)
    }

    mutating func readOutcomes(_ db: Database) throws {
        let rows = try HotStatement(
            db,
            "SELECT state, attempts, uncounted, status, reason, finished_at, duration FROM outcome"
        )
        while try rows.step() {
            guard let state = UInt8(exactly: rows.columnInt64(0)).flatMap(DeliveryState.init(rawValue:)) else {
                throw Contradiction(what: "it holds the unknown state \(rows.columnInt64(0))")
            }
            counts[state] += 1
            let attempts = rows.columnInt64(1)
            sums.attempts += attempts
            sums.uncounted += rows.columnInt64(2)
            let place = Int(max(0, min(attempts, Int64(Self.mostTries))))
            switch state {
            case .delivered:
                accepted[rows.columnInt64(3), default: 0] += 1
                if rows.columnInt64(4) == Int64(Reason.answerCutShort.rawValue) { sums.cutShort += 1 }
                timeline.countDelivered(at: rows.columnInt64(5), microseconds: rows.columnInt64(6))
                tries[place].delivered += 1
            case .dead:
                tries[place].dead += 1
            default:
                let ending = Ending(reason: rows.columnInt64(4), status: rows.columnInt64(3))
                setAside[state, default: [:]][ending, default: 0] += 1
            }
        }
    }

    mutating func readFailures(_ db: Database) throws {
        let rows = try HotStatement(db, "SELECT reason, status, finished_at FROM attempt")
        while try rows.step() {
            let ending = Ending(reason: rows.columnInt64(0), status: rows.columnInt64(1))
            // One that was accepted is kept when its delivery is sent once more.
            if ending.reason == 0, (200...299).contains(ending.status) {
                accepted[ending.status, default: 0] += 1
                continue
            }
            failures[ending, default: 0] += 1
            timeline.countFailed(at: rows.columnInt64(2))
        }
    }

    /// What the rows read so far add up to.
    func survey() throws -> LedgerSurvey {
        var survey = sums
        survey.timeline = timeline.timeline
        survey.latency = timeline.latency
        survey.answers = try answers()
        // Those of before a delivery was sent again count too; its row knows only those since.
        survey.attempts = max(survey.attempts, survey.answers.reduce(0) { $0 + $1.count })
        if let last = tries.lastIndex(where: { $0.delivered + $0.dead > 0 }), last > 0 {
            survey.tries = (1...last).map {
                .init(attempts: $0, delivered: tries[$0].delivered, dead: tries[$0].dead)
            }
        }
        survey.setAside = try setAsideByReason()
        return survey
    }

    private func answers() throws -> [LedgerSurvey.Answer] {
        let good = accepted.map { status, count in
            LedgerSurvey.Answer(text: "status \(status)", status: Int(status), isDelivered: true, count: count)
        }
        let bad = try failures.map { ending, count in
            LedgerSurvey.Answer(
                text: try ending.text(),
                status: ending.knownStatus,
                isDelivered: false,
                count: count
            )
        }
        return (good + bad).sorted { ($1.count, $0.text) < ($0.count, $1.text) }
    }

    private func setAsideByReason() throws -> [LedgerSurvey.SetAside] {
        let order: [DeliveryState] = [.skipped, .uncertain, .cancelled, .retryable, .available, .inFlight]
        return try order.flatMap { state in
            try (setAside[state] ?? [:]).map { ending, count in
                LedgerSurvey.SetAside(
                    state: state.name,
                    text: state == .available || state == .inFlight ? "no answer yet" : try ending.text(),
                    count: count
                )
            }
            .sorted { ($1.count, $0.text) < ($0.count, $1.text) }
        }
    }
}
