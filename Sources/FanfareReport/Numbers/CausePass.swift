import FanfareDelivery
import FanfareStore
import GRDB

/// Groups the dead by what their last attempt ended with.
struct CausePass {
    private struct Group {
        var count: Int64 = 0
        var afterRetries: Int64 = 0
        var ordinals: [Int64] = []

        mutating func count(_ ordinal: Int64, wasGivenUp: Bool, samples: Int) {
            count += 1
            if wasGivenUp { afterRetries += 1 }
            if ordinals.count < samples { ordinals.append(ordinal) }
        }
    }

    private var groups: [Ending: Group] = [:]
    private(set) var total: Int64 = 0

    /// - Parameter samples: The first so many of each group are kept.
    mutating func read(_ db: Database, samples: Int) throws {
        let dead = DeliveryState.dead.rawValue
        // The second condition lets SQLite use the partial index.
        let rows = try HotStatement(
            db,
            """
            SELECT o.ordinal, o.reason, coalesce(a.reason, o.reason), coalesce(a.status, o.status)
            FROM outcome AS o LEFT JOIN attempt AS a ON a.ordinal = o.ordinal
                AND a.number = (SELECT max(number) FROM attempt WHERE ordinal = o.ordinal)
            WHERE o.state = \(dead) AND o.state <> 4 ORDER BY o.ordinal
            """
        )
        let givenUp = [Reason.attemptsUsedUp, .deadline].map { Int64($0.rawValue) }
        while try rows.step() {
            total += 1
            let ending = Ending(reason: rows.columnInt64(2), status: rows.columnInt64(3))
            let wasGivenUp = givenUp.contains(rows.columnInt64(1))
            let ordinal = rows.columnInt64(0)
            groups[ending, default: Group()].count(ordinal, wasGivenUp: wasGivenUp, samples: samples)
        }
    }

    /// The causes, the most frequent first.
    ///
    /// - Parameters:
    ///   - sampled: So many of them have samples.
    ///   - sample: Reads one.
    func causes(_ sampled: Int, sample: (Int64) throws -> LedgerSurvey.Sample) throws -> [LedgerSurvey.Cause] {
        let sorted = groups.sorted {
            ($1.value.count, $0.key.reason, $0.key.status) < ($0.value.count, $1.key.reason, $1.key.status)
        }
        return try sorted.enumerated().map { place, entry in
            LedgerSurvey.Cause(
                text: try entry.key.text(),
                status: entry.key.knownStatus,
                count: entry.value.count,
                afterRetries: entry.value.afterRetries,
                samples: place < sampled ? try entry.value.ordinals.map(sample) : []
            )
        }
    }
}
