import FanfareAudience
import FanfareDelivery
import FanfareJob
import FanfarePayload
import FanfareStore
import Foundation
import GRDB

/// Takes contacts of one journey on from the points where they stand and are due, each as far as it goes by now.
///
/// All that a step does stands or falls with the transaction: where the contact is, its timer, what the step changes of
/// it, the webhook that it calls for. Thread: that of the database access it is made in.
final class JourneyStepper {
    /// Where a contact is when it can go on no further by now.
    private enum Rest {
        /// At its point, until a time; nil: until something happens.
        case stays(until: Int64?)
        /// Out of the journey.
        case out
    }

    /// Points that one contact passes at a time at most: a map has no loop without a wait.
    private static let longest = 2 * JourneyMap.mostPoints

    private let journey: Journey
    private let tools: JourneyTools
    private let events: EventBook
    private let times: JourneyTimes
    private let points: [Int64: JourneyPoint]
    private let statuses: Set<Int64>
    private var conditions: JourneyConditions
    private var mailers: [Int64: JourneyMailer] = [:]
    private var log: JourneyRequestLog
    private var groups: [JourneyGroup: Int64] = [:]
    /// Contacts whose status a step of this piece may have changed.
    private var restated: Set<Int64> = []
    /// By the numbers of their points.
    private var tags: [Int64: TagChange] = [:]
    private let stay: HotStatement
    private let delete: HotStatement

    /// - Parameters:
    ///   - journey: Whose contacts go on.
    ///   - tools: Of the transaction under way.
    ///   - events: The ledger that its requests go to.
    /// - Throws: `StoreError`.
    init(_ journey: Journey, _ tools: JourneyTools, _ events: EventBook) throws {
        (self.journey, self.tools, self.events) = (journey, tools, events)
        times = JourneyTimes(zone: journey.map.timeZone)
        points = Dictionary(
            journey.map.points.compactMap { point in journey.numbers[point.id].map { ($0, point) } }
        ) { first, _ in first }
        statuses = Set(journey.map.statuses.map(\.storedCode))
        stay = try HotStatement(
            cachedIn: tools.db,
            """
            UPDATE journey_position SET point = ?1, visit = ?2, is_waiting = 1, due = ?3, release = ?6,
                arrived = iif(point = ?1 AND visit = ?2 AND is_waiting, arrived, ?4)
            WHERE number = ?5
            """
        )
        delete = try HotStatement(cachedIn: tools.db, "DELETE FROM journey_position WHERE number = ?")
        log = try JourneyRequestLog(at: tools.now, tools.db)
        conditions = JourneyConditions(tools.audience, timeZone: journey.map.timeZone, now: tools.now, tools.db)
    }

    /// Takes those that are due on, the first ones first.
    ///
    /// - Parameter limit: At most so many.
    /// - Returns: How many they were.
    /// - Throws: ``JourneyFault`` for a step that cannot be made; `AudienceError`, `StoreError`.
    func step(limit: Int) throws -> Int {
        let due = try walkers(limit: limit)
        for walker in due { try walk(walker) }
        try log.flush()
        return due.count
    }

    private func walkers(limit: Int) throws -> [JourneyWalker] {
        let statement = try HotStatement(
            cachedIn: tools.db,
            """
            SELECT number, contact_id, entry, point, visit, is_waiting, release, chain,
                (SELECT status FROM contact WHERE id = contact_id)
            FROM journey_position
            WHERE journey = ? AND due IS NOT NULL AND due <= ? ORDER BY due, number LIMIT ?
            """
        )
        statement.bind(1, journey.number)
        statement.bind(2, tools.now)
        statement.bind(3, Int64(limit))
        var walkers: [JourneyWalker] = []
        while try statement.step() {
            walkers.append(
                JourneyWalker(
                    number: statement.columnInt64(0),
                    contact: statement.columnInt64(1),
                    entry: statement.columnInt64(2),
                    point: statement.columnInt64(3),
                    visit: statement.columnInt64(4),
                    isWaiting: statement.columnInt64(5) != 0,
                    release: JourneyRelease(rawValue: statement.columnInt64(6)) ?? .none,
                    chain: statement.columnText(7) ?? "",
                    status: statement.columnIsNull(8) ? nil : statement.columnInt64(8)
                )
            )
        }
        return walkers
    }

    // MARK: One contact

    private func walk(_ start: JourneyWalker) throws {
        var walker = start
        // One that is inside twice may have taken a step already.
        var known = restated.contains(walker.contact) ? try tools.status(of: walker.contact) : walker.status
        for _ in 0..<Self.longest {
            guard let point = points[walker.point] else { return try settle(walker, .out) }
            // Whoever is archived or gone is in no journey any more.
            guard let status = known, status != ContactStatus.archived.storedCode else {
                leave(walker, .gone)
                return try settle(walker, .out)
            }
            switch try act(walker, at: point, status: status) {
            case .stays(let due): return try settle(walker, .stays(until: due))
            case .goes(let way, let next):
                leave(walker, way)
                if point.step.changesStatus { restated.insert(walker.contact) }
                guard let next, let number = journey.numbers[next] else { return try settle(walker, .out) }
                walker.point = number
                walker.visit += 1
                walker.isWaiting = false
                tools.count(journey.number, number, arrived: 1)
                if point.step.changesStatus { known = try tools.status(of: walker.contact) }
            }
        }
        throw fault(walker, "a contact would pass more than \(Self.longest) points at once")
    }

    /// What comes of a contact at a point.
    private enum Act {
        /// It stays there, until a time or, for nil, until something happens.
        case stays(until: Int64?)
        /// It goes that way; nil: out of the journey.
        case goes(JourneyWay, to: String?)
    }

    private func act(_ walker: JourneyWalker, at point: JourneyPoint, status: Int64) throws -> Act {
        do {
            return try walker.isWaiting ? goOn(walker, from: point) : arrive(walker, at: point, status: status)
        } catch let error as AudienceError where error.code != .storage {
            throw fault(walker, error.message)
        } catch let error as PayloadErrors {
            throw fault(walker, "\(error)")
        }
    }

    private func goOn(_ walker: JourneyWalker, from point: JourneyPoint) throws -> Act {
        switch point.step {
        case .wait(_, _, let then, let otherwise):
            walker.release == .happened ? .goes(.then, to: then) : .goes(.otherwise, to: otherwise)
        case .webhook(let webhook, let next): try goOn(walker, from: webhook, point.id, next)
        case .delay(_, let next): .goes(.next, to: next)
        // It waited there in a version of before.
        case .condition, .split, .tag, .field, .group, .unsubscribe, .archive: .stays(until: nil)
        }
    }

    private func goOn(
        _ walker: JourneyWalker,
        from webhook: JourneyWebhook,
        _ point: String,
        _ next: String?
    ) throws -> Act {
        if walker.release != .failed { return .goes(walker.release == .needless ? .skipped : .delivered, to: next) }
        // It may be sent again since, and then that end counts.
        let state = try events.state(
            of: .init(entry: walker.entry, visit: walker.visit),
            contact: walker.contact,
            at: journey.endpoint(of: point)
        )
        if state == .delivered { return .goes(.delivered, to: next) }
        if let state, !state.isFinal { return .stays(until: nil) }
        return switch webhook.onFailure {
        case .goOn: .goes(.sent, to: next)
        case .wait: .stays(until: nil)
        case .leave: .goes(.gaveUp, to: nil)
        }
    }

    private func arrive(_ walker: JourneyWalker, at point: JourneyPoint, status: Int64) throws -> Act {
        switch point.step {
        case .condition(let part, let then, let otherwise):
            return try conditions.holds(part, of: walker.contact)
                ? .goes(.then, to: then) : .goes(.otherwise, to: otherwise)
        case .split(let percent, let first, let second):
            return Self.share(percent, of: journey.id, point.id).contains(walker.contact)
                ? .goes(.then, to: first) : .goes(.otherwise, to: second)
        case .delay(let delay, let next):
            let end = times.end(of: delay, from: tools.now)
            return end <= tools.now ? .goes(.next, to: next) : .stays(until: end)
        case .wait(_, let seconds, _, _): return .stays(until: seconds.map { tools.now + $0 })
        case .webhook(let webhook, let next):
            guard statuses.contains(status), try mailer(walker.point, point.id, webhook).write(walker, to: &log) else {
                return .goes(.skipped, to: next)
            }
            return webhook.onFailure == .goOn ? .goes(.sent, to: next) : .stays(until: nil)
        case .tag(let name, let isAdded, let next):
            try tools.change(tag(name, isAdded, at: walker.point), of: walker.contact, chain: walker.chain)
            return .goes(.next, to: next)
        case .field(let tag, let value, let next):
            try edit(walker) { $0.fields = [tag: value] }
            return .goes(.next, to: next)
        case .group(let group, let joins, let next):
            let id = try self.id(of: group, walker)
            try edit(walker) { $0.groups = [id: joins] }
            return .goes(.next, to: next)
        case .unsubscribe(let next):
            // Whoever is subscribed no longer, or never was, stays what it is.
            if status == ContactStatus.subscribed.storedCode { try edit(walker) { $0.status = .unsubscribed } }
            return .goes(.next, to: next)
        case .archive(let next):
            try edit(walker) { $0.status = .archived }
            return .goes(.next, to: next)
        }
    }

    private func edit(_ walker: JourneyWalker, _ change: (inout ContactEdit) -> Void) throws {
        var edit = ContactEdit(.id(walker.contact), .mustExist)
        change(&edit)
        // What is told of it comes behind what the contact was sent before.
        try log.flush()
        try tools.edit(edit, chain: walker.chain)
    }

    private func mailer(_ number: Int64, _ id: String, _ webhook: JourneyWebhook) throws -> JourneyMailer {
        if let mailer = mailers[number] { return mailer }
        let zone = TimeZone(identifier: journey.map.timeZone) ?? .gmt
        let offset = zone.secondsFromGMT(for: Date(timeIntervalSince1970: TimeInterval(tools.now)))
        let mailer = try JourneyMailer(webhook, endpoint: journey.endpoint(of: id), utcOffset: offset, tools)
        mailers[number] = mailer
        return mailer
    }

    private func tag(_ name: String, _ isAdded: Bool, at point: Int64) throws -> TagChange {
        if let tag = tags[point] { return tag }
        let tag = try TagChange(name, isPutOn: isAdded, now: tools.now, tools.db)
        if tag.isLasting { tags[point] = tag }
        return tag
    }

    private func id(of group: JourneyGroup, _ walker: JourneyWalker) throws -> Int64 {
        if let known = groups[group] { return known }
        guard let id = try Audience.group(named: group.name, in: group.category, tools.db) else {
            throw fault(walker, "the audience has no group \(group.name) in \(group.category) any more")
        }
        groups[group] = id
        return id
    }

    private func fault(_ walker: JourneyWalker, _ message: String) -> JourneyFault {
        let id = points[walker.point]?.id ?? "?"
        return JourneyFault(journey: journey.number, point: id, message: message)
    }

    /// Who goes the first way at a split: the same whoever asks, and when.
    static func share(_ percent: Double, of journey: String, _ point: String) -> ContactShare {
        ContactShare(share: StableShare(percent / 100, name: "journey \(journey) \(point)"))
    }

    // MARK: Writing

    private func leave(_ walker: JourneyWalker, _ way: JourneyWay) {
        tools.count(journey.number, walker.point, waiting: walker.isWaiting ? -1 : 0, passed: 1)
        tools.pass(walker.point, walker, way)
    }

    private func settle(_ walker: JourneyWalker, _ rest: Rest) throws {
        try tools.rest(walker, in: journey.number)
        switch rest {
        case .out:
            delete.bind(1, walker.number)
            try delete.run()
        case .stays(let due):
            if !walker.isWaiting { tools.count(journey.number, walker.point, waiting: 1) }
            stay.bind(1, walker.point)
            stay.bind(2, walker.visit)
            if let due { stay.bind(3, due) } else { stay.bindNull(3) }
            stay.bind(4, tools.now)
            stay.bind(5, walker.number)
            // What released it, and did not let it go on, may do so in another version of the map.
            stay.bind(6, walker.isWaiting ? walker.release.rawValue : JourneyRelease.none.rawValue)
            try stay.run()
        }
    }
}

extension JourneyStep {
    /// Whether a contact may have another status after it.
    fileprivate var changesStatus: Bool {
        switch self {
        case .unsubscribe, .archive: true
        case .condition, .split, .delay, .wait, .webhook, .tag, .field, .group: false
        }
    }
}

/// A share of contacts that is drawn from their keys.
struct ContactShare {
    let share: StableShare

    /// Whether a contact is in it.
    func contains(_ contact: Int64) -> Bool {
        withUnsafeBytes(of: contact.bigEndian) { share.contains(foldedAddress: $0) }
    }
}
