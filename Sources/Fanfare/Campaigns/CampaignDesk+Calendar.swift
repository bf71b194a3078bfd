import FanfareAudience
import FanfareCampaigns
import FanfareDelivery
import FanfareJob
import NIOConcurrencyHelpers

/// One time of a touchpoint, as a calendar shows it.
public struct CalendarTouchpoint: Sendable, Hashable {
    /// The touchpoint's id: those that come again have several times.
    public let id: String
    /// The campaign's id.
    public let campaign: String
    /// What the campaign is called.
    public let campaignName: String
    /// The id of the campaign's audience.
    public let audience: String
    /// What it is called.
    public let name: String
    /// `webhook`, `task`, `event` or `note`.
    public let kind: String
    /// Where it stands, this time.
    public let state: String
    /// Unix seconds.
    public let startsAt: Int64
    /// The time as it was planned, on the wall: `2026-12-01 09:00`.
    public let localText: String
    /// The IANA name of the zone of ``localText``.
    public let timeZone: String
    /// How long it takes; nil: not said.
    public let minutes: Int?
    /// What its fan-outs are called; nil: it sends nothing.
    public let jobName: String?
    /// Unix seconds of its last change.
    public let updated: Int64
    /// How often it was changed.
    public let changes: Int
    /// Whether it comes again by a rule: then this is one of its times.
    public let comesAgain: Bool
}

extension CampaignDesk {
    /// Times of one touchpoint within a range at most.
    private static let mostTimes = 1000

    /// What touchpoints there are in a range, those that come again with each of their times, the first ones first.
    ///
    /// - Parameters:
    ///   - begin: Unix seconds.
    ///   - end: Unix seconds, after it.
    /// - Throws: `StoreError`.
    public func touchpoints(from begin: Int64, to end: Int64) throws -> [CalendarTouchpoint] {
        let campaigns = Dictionary(try store.campaigns().map { ($0.id, $0) }) { first, _ in first }
        let touchpoints = try turn.withLock { try settledTouchpoints(of: nil) }
        let runs = try endsByName()
        let now = currentUnixTime()
        return touchpoints.flatMap { touchpoint -> [CalendarTouchpoint] in
            guard let campaign = campaigns[touchpoint.campaign] else { return [] }
            let times = touchpoint.occurrences(within: begin..<max(begin, end), limit: Self.mostTimes)
            return times.compactMap { time in
                let run = touchpoint.jobName.flatMap { runs[$0]?[touchpoint.begin(of: time)] }
                guard let state = Self.state(of: touchpoint, at: time.start, run, now: now) else { return nil }
                return CalendarTouchpoint(touchpoint, of: campaign, at: time, state)
            }
        }.sorted { ($0.startsAt, $0.id) < ($1.startsAt, $1.id) }
    }

    /// How fan-outs stand that were planned, by name and time.
    private func endsByName() throws -> [String: [Int64: FanOutRecord]] {
        var runs: [String: [Int64: FanOutRecord]] = [:]
        // The newest first: of one time the last run counts.
        for record in try desk.catalogue.all() {
            guard let planned = record.plannedAt, runs[record.name]?[planned] == nil else { continue }
            runs[record.name, default: [:]][planned] = record
        }
        return runs
    }

    /// Where one time of a touchpoint stands; nil: it is not to be any more, or never was.
    private static func state(
        of touchpoint: Touchpoint,
        at start: Int64,
        _ run: FanOutRecord?,
        now: Int64
    ) -> Touchpoint.State? {
        guard touchpoint.rule != nil else { return touchpoint.state }
        if let run {
            if run.state == .ended { return Touchpoint.End(run).state }
            return run.state == .stopped ? .stopped : touchpoint.state
        }
        switch touchpoint.state {
        case .draft: return .draft
        // Times after the one that is under way.
        case .scheduled, .running, .paused, .held: return start > now ? .scheduled : nil
        default: return nil
        }
    }
}

extension CalendarTouchpoint {
    fileprivate init(
        _ touchpoint: Touchpoint,
        of campaign: Campaign,
        at time: Schedule.Occurrence,
        _ state: Touchpoint.State
    ) {
        (id, self.campaign, campaignName) = (touchpoint.id, campaign.id, campaign.name)
        (audience, name, kind) = (campaign.audience, touchpoint.name, touchpoint.kind.rawValue)
        (self.state, startsAt, localText) = (state.rawValue, time.start, time.text)
        (timeZone, minutes, jobName) = (touchpoint.timeZone, touchpoint.minutes, touchpoint.jobName)
        (updated, changes, comesAgain) = (touchpoint.updated, touchpoint.changes, touchpoint.rule != nil)
    }
}
