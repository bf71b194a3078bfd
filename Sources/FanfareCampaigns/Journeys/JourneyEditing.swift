import FanfareAudience
import FanfareJob
import FanfarePayload
import GRDB

/// What another version of a map must keep, and what a map must find in its audience.
///
/// Inside an access of a connection to the audience's file.
enum JourneyEditing {
    /// Refuses a map in which contacts that are under way would lose their places.
    ///
    /// - Throws: ``JourneyError``: `contactsInPlace`, `wrongState`.
    static func require(_ map: JourneyMap, inPlaceOf journey: Journey, _ db: Database) throws {
        if journey.state == .ended { throw Journeys.ended }
        if journey.state == .active, journey.fault == nil, map.start != journey.map.start {
            throw JourneyError(.wrongState, "starting points change only while the journey is paused: pause it first")
        }
        let rows = try Row.fetchAll(
            db,
            sql: "SELECT point, count(*) FROM journey_position WHERE journey = ? GROUP BY point",
            arguments: [journey.number]
        )
        for row in rows {
            let number: Int64 = row[0]
            guard let id = journey.numbers.first(where: { $0.value == number })?.key else { continue }
            let before = journey.map.points.first { $0.id == id }
            let after = map.points.first { $0.id == id }
            // Of a map that cannot be read nobody knows what the point was.
            if let after, before.map({ $0.step.kind == after.step.kind }) ?? (journey.fault != nil) { continue }
            let count: Int64 = row[1]
            let contacts = count == 1 ? "1 contact stands" : "\(count) contacts stand"
            throw JourneyError(
                .contactsInPlace,
                after == nil
                    ? "\(contacts) at the point \(id), which the new map does not have: keep it until they have gone on"
                    : "\(contacts) at the point \(id), which the new map has as another kind: keep its kind until they "
                        + "have gone on"
            )
        }
    }

    /// Refuses a map whose fields, tags, groups or segments the audience has no more.
    ///
    /// - Throws: ``JourneyError`` with `unfit`.
    static func requireFit(_ journey: Journey, _ tools: JourneyTools) throws {
        var conditions = JourneyConditions(tools.audience, timeZone: journey.map.timeZone, now: tools.now, tools.db)
        do {
            for start in journey.map.start { _ = try conditions.holds(start.part, of: 0) }
            for point in journey.map.points {
                switch point.step {
                case .condition(let part, _, _): _ = try conditions.holds(part, of: 0)
                case .webhook(let webhook, _):
                    _ = try JourneyMailer(webhook, endpoint: journey.endpoint(of: point.id), utcOffset: 0, tools)
                case .field(let tag, _, _):
                    guard tools.fields.contains(where: { $0.tag == tag.uppercased() }) else {
                        throw AudienceError(.unknownField, "the audience has no field \(tag)")
                    }
                case .group(let group, _, _):
                    guard try Audience.group(named: group.name, in: group.category, tools.db) != nil else {
                        throw AudienceError(
                            .unknownGroup,
                            "the audience has no group \(group.name) in \(group.category)"
                        )
                    }
                case .split, .delay, .wait, .tag, .unsubscribe, .archive: break
                }
            }
        } catch let error as AudienceError where error.code != .storage {
            throw JourneyError(.unfit, error.message)
        } catch let error as PayloadErrors {
            throw JourneyError(.unfit, "\(error)")
        }
    }
}

extension JourneyStep {
    /// What tells steps of different kinds apart.
    fileprivate var kind: Int {
        switch self {
        case .condition: 0
        case .split: 1
        case .delay: 2
        case .wait: 3
        case .webhook: 4
        case .tag: 5
        case .field: 6
        case .group: 7
        case .unsubscribe: 8
        case .archive: 9
        }
    }
}
