public import FanfareDelivery
public import FanfarePayload
import FanfareStore
import Foundation
import GRDB

/// Reads what the rows of one ledger add up to: in three passes over them, beside a running agent or without one.
///
/// All passes see the ledger as it was at one moment, so the figures agree with each other. Memory is bounded by the
/// number of steps, causes and samples, not by that of deliveries.
public struct SurveyReader: Sendable {
    /// What it shows of people.
    public struct Options: Sendable, Hashable {
        /// Whether samples name the contact, and answers are shown as they came. Otherwise what looks like an address
        /// or a telephone number is covered in them: receivers often repeat what they were sent.
        public var namesContacts = false
        /// Samples of each cause.
        public var samples = 3
        /// Causes that have samples.
        public var sampledCauses = 12

        /// Nobody is named.
        public init() {}
    }

    private let ledger: Ledger
    private let audienceFile: String
    private let ids: DeliveryIDSeries
    private let options: Options

    /// - Parameters:
    ///   - ledger: The fan-out's ledger.
    ///   - audienceFile: The audience's file; opened only to name contacts.
    ///   - ids: Makes the ids of that run.
    ///   - options: What it shows of people.
    public init(ledger: Ledger, audienceFile: String, ids: DeliveryIDSeries, options: Options = Options()) {
        self.ledger = ledger
        self.audienceFile = audienceFile
        self.ids = ids
        self.options = options
    }

    /// Reads all.
    ///
    /// - Parameter startedAt: Unix seconds at which it was fixed who receives: where the time line begins at the
    ///   latest.
    /// - Returns: The survey, and the ledger's progress at the same moment.
    /// - Throws: `StoreError`; `DeliveryError` with `ledgerDamaged` when rows contradict each other or say nothing that
    ///   is known.
    public func read(startedAt: Int64?) throws -> (survey: LedgerSurvey, progress: LedgerProgress) {
        try ledger.describingDamage(beside: options.namesContacts ? audienceFile : nil) {
            let database = try ledger.openForReading()
            if options.namesContacts {
                try database.inDatabase { try AudienceAttachment.attach(audienceFile, to: $0) }
            }
            return try database.read { try read($0, startedAt: startedAt) }
        }
    }

    private func read(
        _ db: Database,
        startedAt: Int64?
    ) throws -> (survey: LedgerSurvey, progress: LedgerProgress) {
        let progress = try Ledger.progress(db)
        var pass = OutcomePass(span: try Self.span(db, startedAt: startedAt))
        try pass.readOutcomes(db)
        try pass.readFailures(db)
        var causes = CausePass()
        try causes.read(db, samples: options.samples)
        try Self.check(pass, causes, progress)
        var survey = try pass.survey()
        survey.recovered = progress.recovered
        survey.laneSeconds = progress.laneSeconds
        survey.causes = try causes.causes(options.sampledCauses) { try sample($0, db) }
        return (survey, progress)
    }

    /// From when to when there is something to show.
    private static func span(_ db: Database, startedAt: Int64?) throws -> ClosedRange<Int64> {
        let row = try Row.fetchOne(
            db,
            sql: """
                SELECT min(finished_at) AS first, max(finished_at) AS last FROM outcome WHERE attempts + uncounted > 0
                """
        )
        let first = try row?.wholeIfAny("first") ?? startedAt ?? 0
        let last = try row?.wholeIfAny("last") ?? first
        // The first answers may all have been failures, whose rows show the last attempt alone.
        let start = min(first, startedAt ?? first)
        return start...max(start, last)
    }

    /// The counts are kept beside the rows and changed in the same transactions: where they differ the file is damaged.
    private static func check(_ pass: OutcomePass, _ causes: CausePass, _ progress: LedgerProgress) throws {
        for state in DeliveryState.allCases where state != .scheduled {
            guard pass.counts[state] == progress.counts[state] else {
                throw Contradiction(
                    what: "it counts \(progress.counts[state]) \(state.name) deliveries, and has \(pass.counts[state])"
                )
            }
        }
        guard causes.total == pass.counts[.dead] else {
            throw Contradiction(
                what: "its index has \(causes.total) dead deliveries, and its table \(pass.counts[.dead])"
            )
        }
    }

    private func sample(_ ordinal: Int64, _ db: Database) throws -> LedgerSurvey.Sample {
        let email =
            options.namesContacts
            ? "(SELECT c.email FROM \(AudienceAttachment.schema).contact AS c WHERE c.id = r.contact)" : "NULL"
        let row = try Row.fetchOne(
            db,
            sql: """
                SELECT r.contact, o.attempts, o.finished_at, a.excerpt, a.location, \(email) AS email
                FROM outcome AS o JOIN recipient AS r ON r.ordinal = o.ordinal
                LEFT JOIN attempt AS a ON a.ordinal = o.ordinal
                    AND a.number = (SELECT max(number) FROM attempt WHERE ordinal = o.ordinal)
                WHERE o.ordinal = ?
                """,
            arguments: [ordinal]
        )
        guard let row else { throw Contradiction(what: "it has no recipient \(ordinal)") }
        let answer = AnswerText(covering: !options.namesContacts)
        return LedgerSurvey.Sample(
            id: try ids.id(contact: row.whole("contact")).description,
            email: row.textIfAny("email"),
            at: try row.whole("finished_at"),
            attempts: Int(try row.whole("attempts")),
            location: row.textIfAny("location").map(answer.line),
            response: answer.line([UInt8]((row["excerpt"] as DatabaseValue?).flatMap(Data.fromDatabaseValue) ?? Data()))
        )
    }
}
