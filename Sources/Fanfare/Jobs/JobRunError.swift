import FanfareDelivery
import FanfareJob
import FanfarePayload
import Foundation

/// Why a job cannot be run as asked: something for the operator to decide or mend.
public struct JobRunError: Error, Sendable, CustomStringConvertible {
    /// What kind of trouble it is; new kinds may be added.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String {
            case alreadyEnded, unfinished, changed, unknownFanOut, unknownContact, ledgerMissing, pruned, orders, busy
        }
        private let kind: Kind

        /// The fan-out of that name has ended; `--again` makes a new run.
        public static let alreadyEnded = Code(kind: .alreadyEnded)
        /// A new run was asked for, and the last one has not ended.
        public static let unfinished = Code(kind: .unfinished)
        /// The job or its contact file changed since the fan-out began; `--accept-changes` takes that.
        public static let changed = Code(kind: .changed)
        /// No fan-out of that name.
        public static let unknownFanOut = Code(kind: .unknownFanOut)
        /// No contact with the address that was asked for.
        public static let unknownContact = Code(kind: .unknownContact)
        /// The ledger of a fan-out that has begun is gone; it is never made anew.
        public static let ledgerMissing = Code(kind: .ledgerMissing)
        /// The fan-out's ledger was given up to make room.
        public static let pruned = Code(kind: .pruned)

        /// What was set with `fanfare set` does not go with the job.
        public static let orders = Code(kind: .orders)
        /// A fan-out is under way in this installation.
        public static let busy = Code(kind: .busy)

        /// A stable word, for labels.
        public var description: String { kind.rawValue }
    }

    /// The kind.
    public let code: Code
    /// One or two sentences for a person: what is the matter, and what can be done.
    public let message: String

    /// - Parameters:
    ///   - code: The kind.
    ///   - message: What is the matter, and what can be done.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }
}

extension JobRunError {
    static func alreadyEnded(_ record: FanOutRecord) -> JobRunError {
        let when =
            record.endedAt.map { " on " + Date(timeIntervalSince1970: TimeInterval($0)).formatted(.iso8601) } ?? ""
        let reason = record.stopReason.map { " (\($0))" } ?? ""
        let delivered = record.counts.map { ": \($0[.delivered]) delivered of \($0.total)" } ?? ""
        return JobRunError(
            .alreadyEnded,
            "\(record.name) ended\(when)\(reason)\(delivered). To send it to everybody once more, as a new run, add --again"
        )
    }

    static func unfinished(_ record: FanOutRecord, _ counts: StateCounts) -> JobRunError {
        JobRunError(
            .unfinished,
            "\(record.name) is unfinished: \(counts.total - counts.final) of its \(counts.total) deliveries are still "
                + "open, and --again begins a new run of a job that has ended. Go on with it first: the same command "
                + "without --again"
        )
    }

    /// Nobody was chosen to receive it, so there is no ledger to ask.
    public static func endedUnchosen(_ record: FanOutRecord) -> JobRunError {
        let reason = record.stopReason.map { " (\($0))" } ?? ""
        return JobRunError(
            .alreadyEnded,
            "\(record.name) ended\(reason) before it was chosen who receives: it has no deliveries"
        )
    }

    static func ledgerMissing(_ record: FanOutRecord, _ ledger: Ledger) -> JobRunError {
        JobRunError(
            .ledgerMissing,
            "the ledger of \(record.name) is missing or not whole: \(ledger.path). It is never made anew, as nobody "
                + "would know who was sent to; restore it from a backup, or send to everybody once more, as a new run, "
                + "with --again"
        )
    }

    static func changed(_ record: FanOutRecord, _ what: String) -> JobRunError {
        JobRunError(
            .changed,
            "\(what) changed since \(record.name) began. To go on with what it says now, add --accept-changes"
                + (record.state.isFrozen ? ": who receives stays as it was, and nobody is added" : "")
        )
    }

    static func ordersUnfit(_ problem: SettingsProblem) -> JobRunError {
        JobRunError(
            .orders,
            "what was set with fanfare set does not go with the job: \(problem.message). Set it anew, for example: "
                + "fanfare set NAME \(problem.key)=…"
        )
    }

    /// No fan-out of that name.
    ///
    /// - Parameters:
    ///   - name: What was asked for.
    ///   - known: The names there are.
    public static func unknownFanOut(_ name: String, known: [String]) -> JobRunError {
        let names = Set(known).sorted()
        let hint =
            if let nearest = nearestName(to: name, among: names) {
                "; did you mean \"\(nearest)\"?"
            } else {
                names.isEmpty ? "" : "; there is \(names.prefix(5).joined(separator: ", "))"
            }
        return JobRunError(.unknownFanOut, "there is no fan-out \"\(name)\" in this data directory" + hint)
    }
}
