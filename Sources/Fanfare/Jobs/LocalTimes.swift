import FanfareAudience
import FanfareDelivery
import FanfareJob

/// When the contacts of a job are due that go by their own clocks.
public struct LocalTimes: Sendable {
    /// The contacts of one zone.
    public struct Zone: Sendable, Hashable {
        /// As contacts have it; empty: they have none, or one that is not known.
        public let name: String
        /// How many there are now.
        public let contacts: Int64
        /// Unix seconds.
        public let due: Int64
    }

    /// Those that are due first come first; of one time the larger.
    public let zones: [Zone]
    private let dueElsewhere: Int64
    private let schedule: Schedule

    /// - Returns: Nil for a job whose contacts are all due at the same moment.
    /// - Throws: `AudienceError`.
    init?(
        _ schedule: Schedule,
        _ audience: Audience,
        _ selection: RecipientSelection,
        _ context: SegmentContext
    ) throws {
        guard schedule.localTime != nil, let elsewhere = schedule.start(in: schedule.timeZone)?.unixSeconds else {
            return nil
        }
        self.schedule = schedule
        dueElsewhere = elsewhere
        var zones: [Zone] = []
        var unknown: Int64 = 0
        for (name, contacts) in try audience.countByTimeZone(selection, context: context) {
            // An abbreviation has no summer time, or is several zones.
            if Schedule.isZone(name), let due = schedule.start(in: name)?.unixSeconds {
                zones.append(Zone(name: name, contacts: contacts, due: due))
            } else {
                unknown += contacts
            }
        }
        if unknown > 0 { zones.append(Zone(name: "", contacts: unknown, due: elsewhere)) }
        self.zones = zones.sorted { ($0.due, $1.contacts, $0.name) < ($1.due, $0.contacts, $1.name) }
    }

    /// The parts of a fan-out.
    ///
    /// - Parameters:
    ///   - begun: When it was begun: who is due before that is past.
    ///   - now: When it is frozen, which is later where nobody was there at its time.
    func plan(begun: Int64, now: Int64) -> ZonePlan {
        let known = zones.filter { !$0.name.isEmpty }
        return ZonePlan(
            due: Dictionary(uniqueKeysWithValues: known.map { ($0.name, $0.due) }),
            dueElsewhere: dueElsewhere,
            skipsBefore: schedule.localTime == .skip ? past(begun: begun, now: now) : nil
        )
    }

    /// Who is due before this moment gets it too late, in Unix seconds.
    private func past(begun: Int64, now: Int64) -> Int64 { max(begun, now - schedule.startWithin.components.seconds) }

    /// How many contacts would be past, were it begun now.
    func past(at now: Int64) -> (contacts: Int64, zones: Int) {
        let past = zones.filter { $0.due < now }
        return (past.reduce(0) { $0 + $1.contacts }, past.count)
    }

    /// What deserves a second look, one sentence each.
    func warnings(at now: Int64) -> [String] {
        let past = past(at: now)
        guard past.contacts > 0 else { return [] }
        let fate = schedule.localTime == .skip ? "are skipped" : "are sent to at once"
        return [
            "the local time is past for \(past.contacts) contacts in \(past.zones) zone\(past.zones == 1 ? "" : "s"): "
                + "they \(fate) (schedule.local_time.past)"
        ]
    }
}
