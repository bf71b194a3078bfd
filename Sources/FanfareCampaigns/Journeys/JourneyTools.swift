import FanfareAudience
import FanfareDelivery
import FanfareJob
import FanfarePayload
import FanfareStore
import GRDB

/// What the steps of one transaction share.
///
/// Thread: that of the database access it is made in.
final class JourneyTools {
    let db: Database
    let audience: Audience
    /// Unix time in seconds.
    let now: Int64
    private let form: ContactForm
    private let status: HotStatement
    private var path: JourneyPath
    /// What the writes come from now: the journeys that led to them, as `journey_cause` has it.
    private var chain = ""
    private var counts: [Count: (waiting: Int64, arrived: Int64, passed: Int64)] = [:]

    private struct Count: Hashable {
        let journey: Int64
        let point: Int64
    }

    /// - Parameters:
    ///   - audience: The audience, over the connection of the access.
    ///   - now: Unix time in seconds.
    init(_ audience: Audience, now: Int64, _ db: Database) throws {
        (self.audience, self.now, self.db) = (audience, now, db)
        form = try audience.forms.form(db)
        status = try HotStatement(cachedIn: db, "SELECT status FROM contact WHERE id = ?")
        path = try JourneyPath(now: now, db)
    }

    /// The fields that templates may use.
    var fields: [MergeField] { form.fields.entries.map(\.field) }

    /// The code of a contact's status; nil: there is none of that key.
    func status(of contact: Int64) throws -> Int64? {
        defer { status.reset() }
        status.bind(1, contact)
        return try status.step() ? status.columnInt64(0) : nil
    }

    /// Makes a change of a contact that other journeys may begin by, but none of those that led to it.
    ///
    /// - Throws: `AudienceError`.
    func edit(_ edit: ContactEdit, chain: String) throws {
        try note(cause: chain)
        _ = try Audience.make(edit, by: .admin, now: now, form, db)
    }

    /// The same for a tag.
    ///
    /// - Throws: `StoreError`.
    func change(_ tag: TagChange, of contact: Int64, chain: String) throws {
        try note(cause: chain)
        try tag.make(of: contact)
    }

    private func note(cause chain: String) throws {
        if chain == self.chain { return }
        let statement = try HotStatement(cachedIn: db, "UPDATE journey_cause SET chain = ?")
        statement.bind(1, chain)
        try statement.run()
        self.chain = chain
    }

    /// Notes that contacts have come to a point, or left it.
    func count(_ journey: Int64, _ point: Int64, waiting: Int64 = 0, arrived: Int64 = 0, passed: Int64 = 0) {
        var count = counts[Count(journey: journey, point: point)] ?? (0, 0, 0)
        count.waiting += waiting
        count.arrived += arrived
        count.passed += passed
        counts[Count(journey: journey, point: point)] = count
    }

    /// Writes what is pending; to be called before the access ends.
    func finish() throws {
        try note(cause: "")
        try path.flush()
        for (key, count) in counts where count != (0, 0, 0) {
            let statement = try HotStatement(
                cachedIn: db,
                """
                UPDATE journey_point SET waiting = waiting + ?, arrived = arrived + ?, passed = passed + ?
                WHERE journey = ? AND number = ?
                """
            )
            for (index, value) in [count.waiting, count.arrived, count.passed, key.journey, key.point].enumerated() {
                statement.bind(index + 1, value)
            }
            try statement.run()
        }
        counts = [:]
    }

    /// A contact leaves a point; to be followed by ``rest(_:in:)``.
    func pass(_ point: Int64, _ walker: JourneyWalker, _ way: JourneyWay) {
        path.pass(point, visit: walker.visit, way)
    }

    /// A contact goes no further now.
    func rest(_ walker: JourneyWalker, in journey: Int64) throws {
        try path.rest(walker.contact, journey, entry: walker.entry)
    }
}

/// A contact on its way through a journey.
struct JourneyWalker {
    /// Of its position.
    let number: Int64
    let contact: Int64
    let entry: Int64
    var point: Int64
    var visit: Int64
    /// It has waited at its point, and goes on from there.
    var isWaiting: Bool
    let release: JourneyRelease
    /// The journeys that led to this entry, this one included.
    let chain: String
    /// The code of the contact's status when it was read; nil: there is no such contact, or it was not read.
    var status: Int64?
}

/// Why a contact goes on before the time until which it waits, as `journey_position` has it.
enum JourneyRelease: Int64 {
    /// Nothing has released it.
    case none = 0
    /// What it waited for has happened.
    case happened = 1
    /// That can happen no more.
    case failed = 2
    /// There was nothing to wait for.
    case needless = 3
}
