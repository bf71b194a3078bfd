import FanfareAudience
import FanfareDelivery
import FanfareJob

/// What becomes of contacts in a journey, worked out as anybody would with paper and a calendar: one minute after the
/// other, one contact after the other.
///
/// Slow and plain, so that it can be believed. It knows the map's types, the clocks of ``ParisClock`` and, as that
/// cannot be worked out otherwise, by which rule a split draws contacts; nothing else of what it is compared with.
struct JourneySimulator {
    /// Something that is done to a contact from outside.
    struct Happening: Sendable, Hashable {
        enum What: Sendable, Hashable {
            case tag(String, isAdded: Bool)
            case field(String, String)
            case event(String)
            case status(ContactStatus)
        }

        /// Unix time in seconds: a full minute.
        let at: Int64
        /// The contact's key. To one contact one thing happens at a time.
        let contact: Int64
        let what: What
    }

    /// One step of a contact's path.
    struct Step: Hashable, CustomStringConvertible {
        let entry: Int64
        let visit: Int64
        let point: String
        let way: String
        let at: Int64

        var description: String {
            "entry \(entry), visit \(visit): \(point) \(way) at \(Schedule.localText(at: at, in: "Europe/Paris"))"
        }
    }

    struct Contact {
        let key: Int64
        var fields: [String: String]
        var status = ContactStatus.subscribed
        var tags: Set<String> = []
        var entries: Int64 = 0
        /// Where it is, for each of its entries that have not ended.
        var stands: [Stand] = []
        var path: [Step] = []

        init(_ key: Int64, _ fields: [String: String]) { (self.key, self.fields) = (key, fields) }
    }

    struct Stand {
        let entry: Int64
        var visit: Int64
        var point: String
        /// It has been asked what is to be done at the point, and stays there.
        var isStaying = false
        /// Unix time in seconds; nil: no time ends it.
        var until: Int64?
        /// What it stays for has happened.
        var isReleased = false

        /// It goes on before those whose time is up.
        var isAtOnce: Bool { !isStaying || isReleased }
    }

    /// The map asks for something that is not written here.
    struct NotSimulated: Error { let what: String }

    private(set) var contacts: [Contact]
    /// Every minute at which anything was done, or the minute of a starting point's day came.
    private(set) var times: Set<Int64> = []
    private let map: JourneyMap
    private let id: String
    private let points: [String: JourneyPoint]
    /// The starting points that are days.
    private let days: [StartingPoint]
    /// Where contacts stand in the list, by their keys.
    private let places: [Int64: Int]
    /// Who is to be looked at, by the minute.
    private var alarms: [Int64: Set<Int>] = [:]

    /// - Parameters:
    ///   - map: The journey.
    ///   - id: Its id, from which splits are drawn.
    ///   - contacts: Everybody, all of them subscribed and without tags.
    init(_ map: JourneyMap, id: String, _ contacts: [Contact]) {
        (self.map, self.id, self.contacts) = (map, id, contacts)
        points = Dictionary(map.points.map { ($0.id, $0) }) { first, _ in first }
        days = map.start.filter(\.trigger.isDate)
        places = Dictionary(contacts.enumerated().map { ($1.key, $0) }) { first, _ in first }
    }

    /// Lets the time pass.
    ///
    /// - Parameters:
    ///   - start: Unix time in seconds, a full minute.
    ///   - end: The minute before which it ends.
    ///   - happenings: What is done to whom, in any order.
    mutating func run(from start: Int64, until end: Int64, _ happenings: [Happening]) throws {
        let happenings = Dictionary(grouping: happenings, by: \.at)
        for now in stride(from: start, to: end, by: 60) {
            // Those that are inside go first: one that leaves may begin again at once.
            try goOn(now)
            try beginDays(now)
            try goOn(now)
            guard let present = happenings[now] else { continue }
            times.insert(now)
            for happening in present {
                guard let index = places[happening.contact] else { throw NotSimulated(what: "\(happening)") }
                try happen(happening.what, index, now)
            }
            try goOn(now)
        }
    }

    // MARK: Beginning

    private mutating func beginDays(_ now: Int64) throws {
        for start in days {
            guard case .birthday(let field, let minute) = start.trigger else {
                throw NotSimulated(what: "\(start.trigger)")
            }
            guard let day = ParisClock.day(whose: minute, comesAt: now) else { continue }
            times.insert(now)
            let birthdays = ParisClock.birthdays(on: day)
            for index in contacts.indices where birthdays.contains(contacts[index].fields[field] ?? "") {
                try begin(index, start, now)
            }
        }
    }

    private mutating func begin(_ index: Int, _ start: StartingPoint, _ now: Int64) throws {
        guard map.statuses.contains(contacts[index].status), try holds(start.part, contacts[index]) else { return }
        switch map.reentry {
        case .never where contacts[index].entries > 0: return
        case .afterLeaving where !contacts[index].stands.isEmpty: return
        case .never, .afterLeaving, .always: break
        }
        contacts[index].entries += 1
        let entry = contacts[index].entries
        note(Step(entry: entry, visit: 0, point: start.id, way: "began", at: now), index)
        contacts[index].stands.append(Stand(entry: entry, visit: 1, point: start.next))
        alarms[now, default: []].insert(index)
    }

    // MARK: Happenings

    /// - Parameter isOfJourney: The journey itself does it, and does not begin by it.
    private mutating func happen(
        _ what: Happening.What,
        _ index: Int,
        _ now: Int64,
        isOfJourney: Bool = false
    ) throws {
        guard change(what, index) else { return }
        for stand in contacts[index].stands.indices where try isAwaited(what, contacts[index].stands[stand]) {
            contacts[index].stands[stand].isReleased = true
            alarms[now, default: []].insert(index)
        }
        if isOfJourney { return }
        for start in map.start where Self.isMeant(what, start.trigger) { try begin(index, start, now) }
    }

    /// - Returns: Whether anything is another way than before.
    private mutating func change(_ what: Happening.What, _ index: Int) -> Bool {
        switch what {
        case .tag(let tag, isAdded: true): return contacts[index].tags.insert(tag).inserted
        case .tag(let tag, isAdded: false): return contacts[index].tags.remove(tag) != nil
        case .field(let field, let value):
            let before = contacts[index].fields.updateValue(value, forKey: field)
            return before != value
        case .event: return true
        case .status(let status):
            defer { contacts[index].status = status }
            return contacts[index].status != status
        }
    }

    private func isAwaited(_ what: Happening.What, _ stand: Stand) throws -> Bool {
        guard stand.isStaying, case .wait(let trigger, _, _, _) = try point(stand).step else { return false }
        return Self.isMeant(what, trigger)
    }

    private static func isMeant(_ what: Happening.What, _ trigger: JourneyTrigger) -> Bool {
        switch (what, trigger) {
        case (.tag(let tag, isAdded: true), .tagAdded(let wanted)): tag == wanted
        case (.field(let field, let value), .fieldChanges(let wanted, let wantedValue)):
            field == wanted && (wantedValue == nil || wantedValue == value)
        case (.event(let name), .event(let wanted)): name == wanted
        default: false
        }
    }

    // MARK: Going on

    /// Of one contact's entries those that have begun or were released go first, and then those whose time is up.
    private mutating func goOn(_ now: Int64) throws {
        while let indexes = alarms.removeValue(forKey: now) {
            for index in indexes.sorted() {
                let stands = contacts[index].stands.filter { $0.isAtOnce || $0.until == now }
                    .sorted { $0.entry < $1.entry }
                for stand in stands.filter(\.isAtOnce) + stands.filter({ !$0.isAtOnce }) {
                    try walk(stand, index, now)
                }
            }
        }
    }

    private enum Act {
        case stays(until: Int64?)
        case goes(String, to: String?)
    }

    private mutating func walk(_ stand: Stand, _ index: Int, _ now: Int64) throws {
        contacts[index].stands.removeAll { $0.entry == stand.entry }
        var stand = stand
        while true {
            // Whoever is archived is in no journey any more, as soon as it would go on.
            let isGone = contacts[index].status == .archived
            switch try isGone ? .goes("gone", to: nil) : act(stand, index, now) {
            case .stays(let until):
                (stand.isStaying, stand.until) = (true, until)
                contacts[index].stands.append(stand)
                guard let until else { return }
                guard until > now, until % 60 == 0 else { throw NotSimulated(what: "a stay until \(until)") }
                alarms[until, default: []].insert(index)
                return
            case .goes(let way, let next):
                note(Step(entry: stand.entry, visit: stand.visit, point: stand.point, way: way, at: now), index)
                guard let next else { return }
                stand = Stand(entry: stand.entry, visit: stand.visit + 1, point: next)
            }
        }
    }

    private mutating func act(_ stand: Stand, _ index: Int, _ now: Int64) throws -> Act {
        let contact = contacts[index]
        let point = try point(stand)
        switch point.step {
        case .condition(let part, let then, let otherwise):
            return try holds(part, contact) ? .goes("then", to: then) : .goes("else", to: otherwise)
        case .split(let percent, let first, let second):
            let share = StableShare(percent / 100, name: "journey \(id) \(point.id)")
            let isDrawn = withUnsafeBytes(of: contact.key.bigEndian) { share.contains(foldedAddress: $0) }
            return isDrawn ? .goes("then", to: first) : .goes("else", to: second)
        case .delay(let delay, let next):
            let until = try stand.isStaying ? now : end(of: delay, now)
            return until == now ? .goes("next", to: next) : .stays(until: until)
        case .wait(_, let seconds, let then, let otherwise):
            guard stand.isStaying else { return .stays(until: seconds.map { now + $0 }) }
            return stand.isReleased ? .goes("then", to: then) : .goes("else", to: otherwise)
        case .webhook(let webhook, let next):
            guard webhook.onFailure == .goOn else { throw NotSimulated(what: "a webhook that is waited for") }
            return .goes(map.statuses.contains(contact.status) ? "sent" : "skipped", to: next)
        case .tag(let tag, let isAdded, let next):
            try happen(.tag(tag, isAdded: isAdded), index, now, isOfJourney: true)
            return .goes("next", to: next)
        case .field(let field, let value, let next):
            try happen(.field(field, value), index, now, isOfJourney: true)
            return .goes("next", to: next)
        // Nothing here asks for groups.
        case .group(_, _, let next): return .goes("next", to: next)
        case .unsubscribe(let next):
            if contact.status == .subscribed { contacts[index].status = .unsubscribed }
            return .goes("next", to: next)
        case .archive(let next):
            contacts[index].status = .archived
            return .goes("next", to: next)
        }
    }

    /// - Returns: Unix time in seconds; now: it is over as it begins.
    private func end(of delay: JourneyDelay, _ now: Int64) throws -> Int64 {
        switch delay {
        case .seconds(let seconds): return now + seconds
        case .until: throw NotSimulated(what: "\(delay)")
        case .day(let days, let minute):
            guard minute % 15 == 0, now % 900 == 0 else { throw NotSimulated(what: "\(delay) from \(now)") }
            // Not now, but the next time.
            var time = now + 900
            while true {
                if let day = ParisClock.day(whose: minute, comesAt: time), days.contains(ParisClock.weekday(of: day)) {
                    return time
                }
                // Every time of day in these maps is a quarter of an hour.
                time += 900
            }
        }
    }

    // MARK: Conditions

    private func holds(_ part: RecipientSelection.Part, _ contact: Contact) throws -> Bool {
        switch part {
        case .everyone: true
        case .tag(let tag): contact.tags.contains(tag)
        case .segment(let definition): try holds(definition, contact)
        case .savedSegment: throw NotSimulated(what: "\(part)")
        }
    }

    private func holds(_ definition: SegmentDefinition, _ contact: Contact) throws -> Bool {
        let answers = try definition.terms.map { term in
            switch term {
            case .condition(let condition): try holds(condition, contact)
            case .group(let group): try holds(group, contact)
            }
        }
        return definition.match == .all ? !answers.contains(false) : answers.contains(true)
    }

    private func holds(_ condition: SegmentDefinition.Condition, _ contact: Contact) throws -> Bool {
        guard condition.op == "greater", let field = condition.field, case .number(let text)? = condition.value,
            let limit = Double(text)
        else { throw NotSimulated(what: "\(condition)") }
        guard let value = contact.fields[field].flatMap({ Double($0) }) else { return false }
        return value > limit
    }

    // MARK: Small things

    private func point(_ stand: Stand) throws -> JourneyPoint {
        guard let point = points[stand.point] else { throw NotSimulated(what: "no point \(stand.point)") }
        return point
    }

    private mutating func note(_ step: Step, _ index: Int) {
        contacts[index].path.append(step)
        times.insert(step.at)
    }
}
