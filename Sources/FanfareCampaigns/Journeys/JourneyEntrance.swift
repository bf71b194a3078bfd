import FanfareAudience
import FanfareJob
import FanfareStore
import GRDB

/// Lets contacts begin a journey: one by one, as something has happened to them or somebody says so.
///
/// Thread: that of the database access it is made in.
struct JourneyEntrance {
    /// What becomes of a contact that is to begin.
    enum Verdict {
        case begun
        /// It has been inside, and may not begin once more.
        case refusedAgain
        /// It is none of those that the starting point is for, or has not a status that may begin.
        case notMeant
        /// There is none of that key.
        case unknown
    }

    private let journey: Journey
    private let tools: JourneyTools
    private var conditions: JourneyConditions

    init(_ journey: Journey, _ tools: JourneyTools) {
        (self.journey, self.tools) = (journey, tools)
        conditions = JourneyConditions(tools.audience, timeZone: journey.map.timeZone, now: tools.now, tools.db)
    }

    /// Lets one contact begin, if it may.
    ///
    /// - Parameters:
    ///   - contact: The contact's key.
    ///   - start: Where.
    ///   - chain: The journeys that led to it.
    /// - Throws: ``JourneyFault`` for a segment or tag that is gone.
    mutating func admit(_ contact: Int64, at start: StartingPoint, chain: String) throws -> Verdict {
        guard let status = try tools.status(of: contact) else { return .unknown }
        guard journey.map.statuses.contains(where: { $0.storedCode == status }) else { return .notMeant }
        do {
            guard try conditions.holds(start.part, of: contact) else { return .notMeant }
        } catch let error as AudienceError where error.code != .storage {
            throw JourneyFault(journey: journey.number, point: start.id, message: error.message)
        }
        let entries = try entries(of: contact)
        switch journey.map.reentry {
        case .never where entries > 0: return .refusedAgain
        case .afterLeaving where try isInside(contact): return .refusedAgain
        case .never, .afterLeaving, .always: break
        }
        try begin(contact, entry: entries + 1, at: start, chain: chain)
        return .begun
    }

    private func entries(of contact: Int64) throws -> Int64 {
        let statement = try HotStatement(
            cachedIn: tools.db,
            "SELECT entries FROM journey_contact WHERE journey = ? AND contact_id = ?"
        )
        statement.bind(1, journey.number)
        statement.bind(2, contact)
        return try statement.step() ? statement.columnInt64(0) : 0
    }

    private func isInside(_ contact: Int64) throws -> Bool {
        let statement = try HotStatement(
            cachedIn: tools.db,
            "SELECT 1 FROM journey_position WHERE contact_id = ? AND journey = ? LIMIT 1"
        )
        statement.bind(1, contact)
        statement.bind(2, journey.number)
        return try statement.step()
    }

    private func begin(_ contact: Int64, entry: Int64, at start: StartingPoint, chain: String) throws {
        guard let place = journey.numbers[start.id], let first = journey.numbers[start.next] else { return }
        let known = try HotStatement(
            cachedIn: tools.db,
            """
            INSERT INTO journey_contact (journey, contact_id, entries) VALUES (?, ?, 1)
            ON CONFLICT DO UPDATE SET entries = entries + 1
            """
        )
        known.bind(1, journey.number)
        known.bind(2, contact)
        try known.run()
        let chain = chain.addingJourney(journey.number)
        let position = try HotStatement(
            cachedIn: tools.db,
            """
            INSERT INTO journey_position (journey, contact_id, entry, point, visit, is_waiting, arrived, due, chain)
            VALUES (?, ?, ?, ?, 1, 0, ?, 0, ?)
            """
        )
        for (index, value) in [journey.number, contact, entry, first, tools.now].enumerated() {
            position.bind(index + 1, value)
        }
        position.bind(6, chain)
        try position.run()
        let walker = JourneyWalker(
            number: 0,
            contact: contact,
            entry: entry,
            point: place,
            visit: 0,
            isWaiting: false,
            release: .none,
            chain: chain
        )
        tools.pass(place, walker, .began)
        try tools.rest(walker, in: journey.number)
        tools.count(journey.number, place, arrived: 1, passed: 1)
        tools.count(journey.number, first, arrived: 1)
    }
}

extension String {
    /// A chain of journeys that led to each other, and one more: ` 3 17 `.
    func addingJourney(_ number: Int64) -> String { (isEmpty ? " " : self) + "\(number) " }

    /// Whether a journey is among those of a chain.
    func hasJourney(_ number: Int64) -> Bool { contains(" \(number) ") }
}
