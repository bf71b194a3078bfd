import FanfareAudience
public import FanfareDelivery
public import FanfareJob
public import FanfarePayload
public import FanfareTransport

/// The exact requests of some of a job's contacts, without sending one.
///
/// Ids, timestamps and so signatures are those of the preview: a run has its own. `*|UNIQID|*` of a contact file is
/// drawn anew by each import.
public struct JobPreview: Sendable {
    /// A contact that would get nothing.
    public struct PassedOver: Sendable, Hashable {
        /// Its address.
        public var address: String
        /// Why, as the end of a sentence that begins with the address.
        public var reason: String
    }

    /// What would be sent, in the order of the contacts.
    public private(set) var requests: [RequestPreview] = []
    /// Contacts before the last of these that would get nothing; the first hundred.
    public private(set) var passedOver: [PassedOver] = []
    /// How many these were.
    public private(set) var passedOverCount = 0
    /// How connections are made.
    public private(set) var endpoint: EndpointSettings
    /// Covers the webhook's secrets where they stand in a request.
    public private(set) var secrets: SecretMask
    /// How long one attempt may take.
    public private(set) var timeout: Duration
    /// What deserves a second look, one sentence each.
    public private(set) var warnings: [String] = []

    private static let listed = 100

    /// Makes the preview.
    ///
    /// With a `contact` no other row of a contact file is taken: a file of a million rows is read in about a second.
    /// Without one, all of it is imported first, as a later row may update an earlier contact.
    ///
    /// - Parameters:
    ///   - job: The job.
    ///   - contact: The address of the only one; nil: the first that would get a request.
    ///   - count: How many requests at most.
    ///   - dataDirectory: Where stored audiences are; need not exist for a job with a contact file, and is not made.
    ///   - isCancelled: Asked now and then.
    /// - Throws: `JobError`, ``JobRunError`` with `unknownContact`, `AudienceError`, `StoreError`, `CancellationError`.
    public init(
        _ job: LoadedJob,
        contact: String?,
        count: Int = 1,
        dataDirectory: String,
        isCancelled: @escaping @Sendable () -> Bool = { false }
    ) throws {
        var wish = JobDraft.Wish()
        wish.address = contact
        wish.isCancelled = isCancelled
        var uncleared: [String] = []
        let note: (String) -> Void = { uncleared.append($0) }
        self = try JobDraft.with(job, dataDirectory: dataDirectory, wish, uncleared: note) { draft in
            var preview = JobPreview(draft)
            let previewer = draft.previewer(job)
            if let contact {
                preview.add(contact, try draft.outcome(of: contact, job, previewer), job.job)
            } else {
                try previewer.forEach { address, outcome in
                    preview.add(address, outcome, job.job)
                    return preview.requests.count < count && !isCancelled()
                }
                if isCancelled() { throw CancellationError() }
            }
            return preview
        }
        warnings += uncleared
    }

    private init(_ draft: JobDraft) {
        endpoint = draft.plan.endpoint
        secrets = draft.plan.template.secretMask
        timeout = draft.plan.settings.timeout
        guard draft.imported != nil else { return }
        let columns = draft.plan.template.columns
        if columns.contains(.key) {
            warnings.append("links to hosted pages lead nowhere before the file is imported: a run sends others")
        }
        guard columns.contains(.uniqueID), !columns.contains(.key) else { return }
        warnings.append("*|UNIQID|* of a contact file is drawn at its import: a run sends other values")
    }

    private mutating func add(_ address: String, _ outcome: RequestPreviewer.Outcome, _ job: JobFile) {
        if case .request(let request) = outcome { return requests.append(request) }
        passedOverCount += 1
        guard passedOver.count < Self.listed, let reason = job.reason(for: outcome) else { return }
        passedOver.append(PassedOver(address: address, reason: reason))
    }
}

extension JobDraft {
    /// Makes previews of the draft's contacts.
    func previewer(_ job: LoadedJob, id: (@Sendable () -> DeliveryID)? = nil) -> RequestPreviewer {
        RequestPreviewer(
            plan,
            webhook: job.job.webhook,
            part: job.job.audience.selection.part,
            context: context,
            id: id
        )
    }

    /// What the contact with an address would get.
    ///
    /// - Throws: ``JobRunError`` with `unknownContact`.
    func outcome(
        of address: String,
        _ job: LoadedJob,
        _ previewer: RequestPreviewer
    ) throws -> RequestPreviewer.Outcome {
        if let outcome = try previewer.outcome(ofAddress: address) { return outcome }
        let audience = job.job.audience
        let place = audience.file.map(\.path) ?? "the audience \"\(audience.name ?? "")\""
        // Only rows about this address are listed: no other was asked for.
        if let reject = imported?.rejects.first, imported?.created == 0 {
            throw JobRunError(.unknownContact, "the row of \(address) was rejected: \(reject.place): \(reject.reason)")
        }
        throw JobRunError(.unknownContact, "\(place) has no contact \(address)")
    }
}

extension JobFile {
    /// Why a contact would get nothing, as the end of a sentence that begins with its address; nil when it would.
    func reason(for outcome: RequestPreviewer.Outcome) -> String? {
        switch outcome {
        case .request: return nil
        case .wrongStatus(let status):
            let receiving = audience.selection.statuses.map(\.rawValue).sorted().joined(separator: ", ")
            return "is \(status?.rawValue ?? "of an unknown status"); audience.statuses: \(receiving)"
        case .suppressed: return "is on the suppression list"
        case .heldOut: return "is held out by audience.holdout"
        case .notSelected:
            switch audience.selection.part {
            case .everyone: return "is not selected"
            case .tag(let name): return "does not have the tag \"\(name)\""
            case .savedSegment(let name): return "is not in the segment \"\(name)\""
            case .segment: return "is not in the segment of audience.segment"
            }
        case .skipped(let reason): return "would be skipped: " + text(of: reason)
        }
    }

    private func text(of skip: SkipReason) -> String {
        switch skip {
        case .missingField(let index):
            let tag = webhook.require.indices.contains(index) ? webhook.require[index] : "a field"
            return "webhook.require wants \(tag), and it is empty"
        case .controlCharacterInHeader(let index):
            let name = webhook.headers.indices.contains(index) ? webhook.headers[index].name : "a header"
            return "its data would put a control character into \(name)"
        case .dotSegmentInURL: return "its data would make a path segment of the URL . or .."
        }
    }
}
