import FanfareAudience
public import FanfareDelivery
public import FanfareJob
import FanfarePayload
public import FanfareTransport

/// One request of a job, sent to one contact through the path that a run takes; nothing is noted of it.
///
/// Its id is one of its own (`DeliveryID.trial()`). The data directory is not owned: it works beside a process that
/// does.
public struct JobTrial: Sendable {
    /// What was sent, or would have been; nil: the contact would get nothing.
    public private(set) var request: RequestPreview?
    /// What came of it; nil: nothing was sent.
    public private(set) var result: DeliveryTrial?
    /// Why nothing was sent, as the end of a sentence that begins with the contact's address.
    public private(set) var passedOver: String?
    /// The settings by which its end is judged.
    public private(set) var settings: DeliverySettings
    /// What deserves a second look, one sentence each.
    public private(set) var warnings: [String] = []

    /// Whether the receiver accepted it.
    public var isDelivered: Bool { result?.consequence == .delivered }

    /// Sends the request.
    ///
    /// - Parameters:
    ///   - job: The job.
    ///   - contact: The contact's address.
    ///   - dataDirectory: Where stored audiences are; need not exist for a job with a contact file, and is not made.
    ///   - egress: Where it may connect to.
    ///   - proxy: The forward proxy in the place of the job's; nil: the job's, if it has one.
    ///   - lookUp: How a name becomes addresses.
    ///   - isCancelled: Asked now and then.
    /// - Throws: `JobError`, ``JobRunError`` with `unknownContact`, `AudienceError`, `StoreError`, `TransportError`,
    ///   `CancellationError`.
    public init(
        _ job: LoadedJob,
        contact: String,
        dataDirectory: String,
        egress: EgressPolicy = EgressPolicy(),
        proxy: ForwardProxy? = nil,
        lookUp: LookUp = .system,
        isCancelled: @escaping @Sendable () -> Bool = { false }
    ) throws {
        var wish = JobDraft.Wish()
        wish.address = contact
        wish.isCancelled = isCancelled
        settings = job.job.delivery
        var uncleared: [String] = []
        let note: (String) -> Void = { uncleared.append($0) }
        let (outcome, prepared) = try JobDraft.with(job, dataDirectory: dataDirectory, wish, uncleared: note) { draft in
            let previewer = draft.previewer(job, id: { DeliveryID.trial() })
            return (try draft.outcome(of: contact, job, previewer), draft.plan)
        }
        warnings += uncleared
        passedOver = job.job.reason(for: outcome)
        guard case .request(let request) = outcome else { return }
        self.request = request
        var plan = prepared
        if let proxy { plan.endpoint.proxy = proxy }
        result = try DeliveryTrial(request, of: plan, egress: egress, lookUp: lookUp, isCancelled: isCancelled)
    }
}
