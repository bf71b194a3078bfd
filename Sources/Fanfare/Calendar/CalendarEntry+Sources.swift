import FanfareCampaigns
import FanfareJob

extension CalendarTouchpoint {
    /// It on the calendar, under the time that it begins at.
    var calendarEntry: CalendarEntry {
        var entry = CalendarEntry(
            // Of one that comes again each time is an entry; one that goes once is the same wherever it is moved.
            uid: comesAgain ? "touchpoint-\(id)-\(startsAt)" : "touchpoint-\(id)",
            kind: CalendarEntry.Kind(rawValue: kind) ?? .note,
            title: name,
            state: state,
            startsAt: startsAt,
            timeZone: timeZone,
            localText: Schedule.localText(at: startsAt, in: timeZone),
            updated: updated,
            sequence: changes
        )
        entry.minutes = minutes
        entry.campaign = CalendarEntry.Campaign(id: campaign, name: campaignName)
        entry.audience = entry.kind == .webhook ? audience : nil
        entry.resource = "/v1/campaigns/\(campaign)/touchpoints/\(id)"
        return entry
    }
}

extension Journey {
    /// The dates at which all its contacts begin, within a range; those to come of one that has ended are none.
    func calendarEntries(in range: Range<Int64>, now: Int64) -> [CalendarEntry] {
        map.start.compactMap { start in
            guard case .specificDate(let time) = start.trigger,
                let begin = Schedule(at: time, timeZone: map.timeZone).start, range.contains(begin.unixSeconds),
                state != .ended || begin.unixSeconds <= now
            else { return nil }
            var entry = CalendarEntry(
                uid: "journey-\(id)-\(start.id)",
                kind: .journey,
                title: map.name,
                state: state.rawValue,
                startsAt: begin.unixSeconds,
                timeZone: map.timeZone,
                localText: begin.localText,
                updated: updated,
                sequence: Int(version)
            )
            entry.audience = audience
            entry.resource = "/v1/journeys/\(id)"
            return entry
        }
    }
}
