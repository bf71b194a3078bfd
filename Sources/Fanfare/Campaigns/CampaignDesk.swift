import Dispatch
import FanfareAudience
public import FanfareCampaigns
import FanfareControl
import FanfareDelivery
import FanfareStore
import Logging
import NIOConcurrencyHelpers

/// The campaigns of a daemon and their touchpoints: made, changed, planned and steered.
///
/// A touchpoint with a webhook is a job that the daemon plans under a name of its own; what is stored of it is where it
/// stood last. Where it stands follows from the daemon's order for that job and from its latest fan-out, and is looked up
/// whenever somebody asks and whenever a job begins or ends; where the two differ, a step is added to its life:
///
/// | Death after | The next start |
/// | --- | --- |
/// | the order is kept, before the touchpoint is noted as scheduled | finds the order, and notes it |
/// | the fan-out began, ended or was ended | finds the fan-out, and notes what became of it |
/// | the order is taken back, before the touchpoint is noted as a draft | finds the fan-out cancelled, and notes that |
///
/// Nothing starts twice: a job of that name that is under way is the only one there can be. Any thread; what does not
/// say otherwise blocks for the disk.
public final class CampaignDesk: Sendable {
    let installation: Installation
    let configuration: Daemon.Configuration
    let jobs: DaemonJobs
    let desk: ControlDesk
    let store: CampaignCatalogue
    /// Held while where a touchpoint stands is looked up and noted.
    let turn = NIOLock()
    /// Names of jobs that are being taken back: where their touchpoints stand is not looked up meanwhile. Only used with
    /// the turn.
    let withdrawing = NIOLockedValueBox<Set<String>>([])
    /// Where what jobs tell is followed up, one after the other: they must not wait for the disk.
    private let followUp = DispatchQueue(label: "fanfare-campaigns")

    /// - Parameters:
    ///   - jobs: The daemon's; they are gone on with already.
    ///   - desk: Where orders for their fan-outs are given.
    /// - Throws: `StoreError`, `PayloadError`.
    init(_ jobs: DaemonJobs, _ desk: ControlDesk) throws {
        (installation, configuration, self.jobs, self.desk) = (jobs.installation, jobs.configuration, jobs, desk)
        store = try CampaignCatalogue(installation.catalogue, sealer: installation.sealer())
        _ = try touchpoints(of: nil)
        jobs.onChange { [weak self] name, begun in self?.jobChanged(name, begun: begun) }
    }

    private func jobChanged(_ name: String, begun: String?) {
        followUp.async { [weak self] in
            guard let self else { return }
            do {
                try turn.withLock {
                    guard let touchpoint = try self.store.touchpoint(ofJob: name) else { return }
                    if let begun { try self.noteBeginning(of: begun, touchpoint) }
                    _ = try self.settled(self.store.touchpoint(touchpoint.id))
                }
            } catch {
                // It is looked up again when somebody asks.
                configuration.logger.error(
                    "where a touchpoint stands is not noted yet",
                    metadata: ["error": "\(error)"]
                )
            }
        }
    }

    /// Waits until what jobs have told is noted.
    func flush() { followUp.sync {} }

    // MARK: Campaigns

    /// All campaigns, the newest first.
    ///
    /// - Throws: `StoreError`.
    public func campaigns() throws -> [Campaign] { try store.campaigns() }

    /// The campaign with an id.
    ///
    /// - Throws: `CampaignError` with `unknownCampaign`.
    public func campaign(_ id: String) throws -> Campaign { try store.campaign(id) }

    /// Makes a campaign.
    ///
    /// - Parameters:
    ///   - name: What people call it.
    ///   - objective: What it is to achieve; may be empty.
    ///   - audience: The id of a stored audience that has a name.
    ///   - author: Who makes it.
    /// - Throws: `CampaignError`: `invalid` when there is no such audience, `tooMany`.
    public func create(
        named name: String,
        objective: String,
        audience: String,
        by author: Author
    ) throws -> Campaign {
        try require(audience: audience)
        let campaign = Campaign(
            id: Hexadecimal.random(digits: 10),
            name: name,
            objective: objective,
            audience: audience,
            author: author.name,
            created: currentUnixTime()
        )
        try store.add(campaign)
        return campaign
    }

    /// Changes a campaign; what is nil stays as it is.
    ///
    /// - Throws: `CampaignError`: `unknownCampaign`; `invalid` for an audience that there is not; `conflict` for another
    ///   audience while a touchpoint goes to this one.
    public func change(
        _ id: String,
        name: String? = nil,
        objective: String? = nil,
        audience: String? = nil
    ) throws -> Campaign {
        try turn.withLock {
            var campaign = try store.campaign(id)
            if let name { campaign.name = name }
            if let objective { campaign.objective = objective }
            if let audience, audience != campaign.audience {
                try require(audience: audience)
                let active = try settledTouchpoints(of: id).first { $0.kind == .webhook && $0.state.isActive }
                if let active {
                    throw CampaignError(
                        .conflict,
                        "the touchpoint \(active.name) is \(active.state.rawValue), to the audience as it is"
                    )
                }
                campaign.audience = audience
            }
            campaign.updated = currentUnixTime()
            try store.save(campaign)
            return campaign
        }
    }

    /// Forgets a campaign and its touchpoints; their fan-outs stay in the log.
    ///
    /// - Throws: `CampaignError`: `unknownCampaign`; `conflict` while a touchpoint is under way or to come.
    public func delete(_ id: String) throws {
        try turn.withLock {
            _ = try settledTouchpoints(of: id)
            try store.remove(campaign: id)
        }
    }

    private func require(audience id: String) throws {
        let known = try installation.audiences.all()
        guard known.contains(where: { $0.id == id && $0.name != nil }) else {
            throw CampaignError(
                .invalid,
                "what the campaign says is not accepted",
                fields: [.init("audience", "there is no audience of this id")]
            )
        }
    }
}
