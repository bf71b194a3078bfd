import FanfareAudience
public import FanfareCampaigns
import FanfareStore
import NIOConcurrencyHelpers

extension CampaignDesk {
    /// The touchpoints of a campaign, or of all, as they stand: in the order of their times, those without one last.
    ///
    /// - Throws: `CampaignError` with `unknownCampaign`; `StoreError`.
    public func touchpoints(of campaign: String?) throws -> [Touchpoint] {
        if let campaign { _ = try store.campaign(campaign) }
        let touchpoints = try turn.withLock { try settledTouchpoints(of: campaign) }
        let timed = touchpoints.map { (start: $0.nextStart(now: 0) ?? .max, touchpoint: $0) }
        return timed.sorted { ($0.start, $0.touchpoint.created) < ($1.start, $1.touchpoint.created) }.map(\.touchpoint)
    }

    /// A touchpoint, as it stands.
    ///
    /// - Parameters:
    ///   - id: The touchpoint's.
    ///   - campaign: The campaign's.
    /// - Throws: `CampaignError` with `unknownTouchpoint`; `StoreError`.
    public func touchpoint(_ id: String, of campaign: String) throws -> Touchpoint {
        try turn.withLock { try settled(store.touchpoint(id, of: campaign)) }
    }

    /// The life of a touchpoint, oldest first.
    ///
    /// - Throws: `StoreError`.
    public func life(of touchpoint: Touchpoint) throws -> [TouchpointChange] { try store.life(of: touchpoint.id) }

    /// The fan-outs of a touchpoint, the newest first: one, or one for each time that it has come.
    ///
    /// - Parameters:
    ///   - touchpoint: The touchpoint.
    ///   - limit: So many at most.
    /// - Throws: `StoreError`.
    public func fanOuts(of touchpoint: Touchpoint, limit: Int = 100) throws -> [FanOutOverview] {
        guard let name = touchpoint.jobName else { return [] }
        let records = try installation.fanOutRecords(named: nil).filter { $0.name == name }
        return try records.prefix(limit).map { try installation.overview(of: $0) }
    }

    /// Adds a touchpoint to a campaign, where its kind begins or where it is put by hand.
    ///
    /// - Parameters:
    ///   - kind: Its kind.
    ///   - name: Its name.
    ///   - campaign: The campaign's id.
    ///   - edit: What else it is to say; without a time zone it has the account's.
    ///   - author: Who makes it.
    /// - Throws: `CampaignError`: `unknownCampaign`, `invalid`, `tooMany`.
    public func add(
        _ kind: Touchpoint.Kind,
        named name: String,
        to campaign: String,
        _ edit: TouchpointEdit,
        by author: Author
    ) throws -> Touchpoint {
        let now = currentUnixTime()
        let new = Touchpoint(
            kind,
            named: name,
            of: try store.campaign(campaign),
            in: try installation.accountSettings().timeZone,
            id: Hexadecimal.random(digits: 10),
            now: now
        )
        let touchpoint = try edit.applied(to: new, by: author)
        try store.add(touchpoint, by: author.name)
        try place(touchpoint, as: edit.state, by: author, now: now)
        return try store.touchpoint(touchpoint.id)
    }

    /// Changes a touchpoint: a webhook only as long as it is a draft.
    ///
    /// - Parameters:
    ///   - id: The touchpoint's.
    ///   - campaign: The campaign's.
    ///   - edit: What is to be changed.
    ///   - author: Whose change it is.
    /// - Throws: `CampaignError`: `unknownTouchpoint`, `invalid`; `conflict` for a webhook that is no draft.
    public func change(
        _ id: String,
        of campaign: String,
        _ edit: TouchpointEdit,
        by author: Author
    ) throws -> Touchpoint {
        try turn.withLock {
            let touchpoint = try settled(store.touchpoint(id, of: campaign))
            guard touchpoint.kind != .webhook || touchpoint.state == .draft else {
                throw CampaignError(
                    .conflict,
                    "\(touchpoint.name) is \(touchpoint.state.rawValue), and only a draft is changed: unschedule it first"
                )
            }
            let now = currentUnixTime()
            try store.save(edit.applied(to: touchpoint, by: author), now: now)
            try place(touchpoint, as: edit.state, by: author, now: now)
            return try store.touchpoint(id)
        }
    }

    /// Forgets a touchpoint; its fan-outs stay in the log.
    ///
    /// - Throws: `CampaignError`: `unknownTouchpoint`; `conflict` while it is under way or to come.
    public func delete(_ id: String, of campaign: String) throws {
        try turn.withLock {
            _ = try settled(store.touchpoint(id, of: campaign))
            try store.remove(touchpoint: id, of: campaign)
        }
    }

    /// Puts a touchpoint where somebody wants it.
    private func place(_ touchpoint: Touchpoint, as state: Touchpoint.State?, by author: Author, now: Int64) throws {
        guard let state, state != touchpoint.state else { return }
        let change = TouchpointChange(state: state, at: now, author: author.name, remark: nil)
        try store.move(touchpoint.id, change, reason: nil, now: now)
    }
}
