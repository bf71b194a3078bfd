public import FanfareAudience
public import FanfareDelivery
public import FanfareJob
import FanfareStore
public import GRDB
import Glibc
import Logging
import NIOConcurrencyHelpers

/// The customer journeys of an installation at work.
///
/// For the owner of the data directory; any thread. Where contacts are stands in their audience's file, and so do the
/// journeys; the catalogue knows which audience each is of. Requests are told as audience webhooks are, by the same
/// ledger and loop; they and journeys stand still together when webhooks are paused.
public final class Journeys: Sendable {
    /// How they are set up.
    public struct Configuration: Sendable {
        /// For secrets that maps refer to.
        public var environment: [String: String] = [:]
        /// Unix time in seconds.
        public var now: @Sendable () -> Int64 = { currentUnixTime() }
        /// Whether contacts hold their places whatever their journeys are.
        public var isHeld: @Sendable () -> Bool = { false }
        /// Whether the account's plan lets webhooks be sent; nil: it does, else what is said.
        public var planRefusal: @Sendable () throws -> String? = { nil }
        /// Told of a journey that was paused without anybody's wish, and why.
        public var onPause: @Sendable (Journey, String) -> Void = { _, _ in }

        /// Nothing is held, and the clock is the machine's.
        public init() {}
    }

    let webhooks: AudienceWebhooks
    let catalogue: JourneyCatalogue
    let configuration: Configuration
    /// Of orders that change journeys.
    let turns = Turns()
    private let clock = NIOLockedValueBox<Task<Void, Never>?>(nil)
    private let isClosed = NIOLockedValueBox(false)

    /// Goes on with those that are under way.
    ///
    /// - Parameters:
    ///   - webhooks: Whose audiences they are of.
    ///   - catalogue: `fanfare.sqlite`, opened for writing.
    ///   - ticks: Whether what becomes due is looked for each second; else ``advance()`` does.
    /// - Throws: `StoreError`.
    public init(_ webhooks: AudienceWebhooks, catalogue: DatabaseQueue, ticks: Bool = true) throws {
        self.webhooks = webhooks
        configuration = webhooks.configuration.journeys
        self.catalogue = try JourneyCatalogue(catalogue)
        webhooks.onFault { [weak self] journey, reason in
            Task { await self?.isPaused(journey, reason) }
        } onRefusal: { [weak self] journey, reason in
            Task { await self?.pause(journey, because: reason) }
        }
        for audience in Set(try self.catalogue.all().map(\.audience)).sorted() {
            do {
                try webhooks.open(audience).journeys.wake()
            } catch {
                webhooks.logger.error(
                    "the journeys of an audience stand still",
                    metadata: ["audience": "\(audience)", "error": "\(error)"]
                )
            }
        }
        if ticks { startClock() }
    }

    private func startClock() {
        let task = Task { [weak webhooks] in
            while !Task.isCancelled {
                // Cancelled, it ends.
                do { try await Task.sleep(for: Self.untilNextSecond()) } catch { return }
                guard let webhooks else { return }
                for open in webhooks.audiences.all { open.journeys.tick() }
            }
        }
        clock.withLockedValue { $0 = task }
    }

    /// Until just after a second has begun: what is due in it goes on then, and not up to a second later.
    private static func untilNextSecond() -> Duration {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return .nanoseconds(1_005_000_000 - Int64(now.tv_nsec))
    }

    /// Looks for nothing any more. What is under way ends with the webhooks.
    public func close() {
        isClosed.withLockedValue { $0 = true }
        clock.withLockedValue { $0?.cancel() }
        for open in webhooks.audiences.all { open.journeys.close() }
    }

    /// Does everything that is due by now, in all audiences, and returns when it is on disk.
    public func advance() async {
        for open in webhooks.audiences.all { await open.journeys.takeOn() }
    }

    private func isPaused(_ journey: Journey, _ reason: String) async {
        do {
            try await turns.take {
                // Somebody may have had it go on meanwhile.
                if try self.journey(journey.id).state != .active { await stopSending(journey) }
            }
        } catch {
            webhooks.logger.error(
                "what a paused journey has to send may still be sent",
                metadata: ["journey": "\(journey.id)", "error": "\(error)"]
            )
        }
        configuration.onPause(journey, reason)
    }

    /// Pauses a journey whose receiver takes nothing; tried until it is noted.
    private func pause(_ id: String, because reason: String) async {
        while !isClosed.withLockedValue({ $0 }) {
            do {
                let journey = try await pause(id, by: "fanfare", reason: reason)
                webhooks.logger.warning("journey paused", metadata: ["journey": "\(id)", "reason": "\(reason)"])
                return configuration.onPause(journey, reason)
            } catch let error as JourneyError {
                // It was paused, ended or deleted meanwhile.
                return webhooks.logger.info("journey is not paused", metadata: ["reason": "\(error)"])
            } catch {
                webhooks.logger.error("journey could not be paused: trying again", metadata: ["error": "\(error)"])
            }
            do { try await Task.sleep(for: .seconds(1)) } catch { return }
        }
    }

    // MARK: Reading

    /// The journeys of an audience, or of all, oldest first. Blocks.
    ///
    /// - Throws: `StoreError`, `AudienceError`.
    public func all(of audience: String? = nil) throws -> [Journey] {
        let entries = try catalogue.all(of: audience)
        return try Set(entries.map(\.audience)).sorted().flatMap { id in
            let open = try webhooks.open(id)
            return try open.reading.database.read { try open.journeys.book.all($0) }
        }
        .sorted { $0.number < $1.number }
    }

    /// One journey. Blocks.
    ///
    /// - Throws: ``JourneyError`` with `unknownJourney`; as ``all(of:)``.
    public func journey(_ id: String) throws -> Journey {
        let (entry, open) = try place(of: id)
        return try open.reading.database.read { db in
            guard try JourneyBook.exists(entry.number, db) else { throw JourneyError.unknown(id) }
            return try open.journeys.book.journey(entry.number, db)
        }
    }

    /// The changes of a journey's state, oldest first. Blocks.
    public func life(of journey: Journey) throws -> [JourneyChange] {
        try webhooks.open(journey.audience).reading.database.read { db in
            let sql = "SELECT state, at, by_whom, remark FROM journey_life WHERE journey = ? ORDER BY number"
            return try Row.fetchAll(db, sql: sql, arguments: [journey.number]).compactMap { row in
                Journey.State(rawValue: row["state"])
                    .map { JourneyChange(state: $0, at: row["at"], by: row["by_whom"], remark: row["remark"]) }
            }
        }
    }

    /// How many contacts are at each point of a journey's map, and have been, in its order. Blocks.
    public func counts(of journey: Journey) throws -> [JourneyPointCounts] {
        let rows = try webhooks.open(journey.audience).reading.database.read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM journey_point WHERE journey = ?", arguments: [journey.number])
        }
        let counts = rows.map { row in
            JourneyPointCounts(
                point: row["id"],
                waiting: row["waiting"],
                arrived: row["arrived"],
                passed: row["passed"]
            )
        }
        let order = journey.map.start.map(\.id) + journey.map.points.map(\.id)
        return order.compactMap { id in counts.first { $0.point == id } }
    }

    /// Requests of a journey's points in each state, by the point's id. Blocks.
    public func requests(of journey: Journey) throws -> [String: EventSummary] {
        let summaries = try webhooks.open(journey.audience).book.summary()
        return summaries.reduce(into: [:]) { found, summary in
            guard let place = Journey.place(of: summary.endpoint), place.journey == journey.id else { return }
            found[place.point] = summary
        }
    }

    /// Where contacts stand, those that began first first. Blocks.
    ///
    /// - Parameters:
    ///   - journey: The journey.
    ///   - point: Only at this point; nil: at any.
    ///   - number: After this position; 0: from the first.
    ///   - limit: At most so many.
    public func positions(
        in journey: Journey,
        at point: String? = nil,
        after number: Int64 = 0,
        limit: Int
    ) throws -> [JourneyPosition] {
        let ids = Dictionary(journey.numbers.map { ($0.value, $0.key) }) { first, _ in first }
        let place = try point.map { id in
            guard let number = journey.numbers[id] else {
                throw JourneyError(.unknownPoint, "the journey has no point \(id)")
            }
            return number
        }
        return try webhooks.open(journey.audience).reading.database.read { db in
            let sql = """
                SELECT number, contact_id, entry, point, arrived, due FROM journey_position
                WHERE number > ? AND journey = ? AND (?3 IS NULL OR point = ?3) ORDER BY number LIMIT ?
                """
            return try Row.fetchAll(db, sql: sql, arguments: [number, journey.number, place, limit]).map { row in
                JourneyPosition(
                    number: row["number"],
                    contact: row["contact_id"],
                    entry: row["entry"],
                    point: ids[row["point"]] ?? "?",
                    arrived: row["arrived"],
                    due: row["due"]
                )
            }
        }
    }

    /// The way of a contact: one entry after the other, the first steps of each first. Blocks.
    public func passages(of contact: Int64, in journey: Journey, limit: Int) throws -> [JourneyPassage] {
        let ids = Dictionary(journey.numbers.map { ($0.value, $0.key) }) { first, _ in first }
        return try webhooks.open(journey.audience).reading.database.read { db in
            let sql = """
                SELECT p.entry, p.visit + s.key AS visit, s.value ->> 0 AS point, s.value ->> 1 AS way, p.at
                FROM journey_path AS p, json_each(p.steps) AS s WHERE p.contact_id = ? AND p.journey = ?
                ORDER BY p.entry, p.visit, s.key LIMIT ?
                """
            return try Row.fetchAll(db, sql: sql, arguments: [contact, journey.number, limit]).map { row in
                JourneyPassage(
                    contact: contact,
                    entry: row["entry"],
                    visit: row["visit"],
                    point: ids[row["point"]] ?? "?",
                    way: JourneyWay(rawValue: row["way"]) ?? .next,
                    at: row["at"]
                )
            }
        }
    }

    func place(of id: String) throws -> (JourneyCatalogue.Entry, OpenAudience) {
        guard let entry = try catalogue.entry(id) else { throw JourneyError.unknown(id) }
        return (entry, try webhooks.open(entry.audience))
    }
}
