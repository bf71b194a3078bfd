public import FanfareAudience
public import FanfarePayload

/// A webhook that tells of an audience's changes: Mailchimp's (Marketing API 3.0, `/lists/{list_id}/webhooks`).
public struct AudienceWebhook: Sendable, Hashable {
    /// Whether it is told of changes.
    public enum State: Sendable, Hashable {
        /// It is.
        case enabled
        /// Not any more, because of this, since this time (Unix time in seconds).
        case disabled(reason: String, at: Int64)
    }

    /// Ten hexadecimal digits.
    public let id: String
    /// The audience's id.
    public let audience: String
    /// Where it is told: http or https.
    public var url: String
    /// What it is told of.
    public var events: Set<ChangeKind>
    /// Whose changes it is told of; an ended fan-out it is told of whoever ended it.
    public var sources: Set<ChangeSource>
    /// What its requests are signed with; nil: they are not.
    public var secret: Secret?
    /// Whether it is told of changes.
    public var state: State
    /// It is told of changes after this one.
    public var begins: Int64
    /// Unix time in seconds.
    public let created: Int64

    /// - Parameters: see the properties of the same names.
    public init(
        id: String,
        audience: String,
        url: String,
        events: Set<ChangeKind>,
        sources: Set<ChangeSource>,
        secret: Secret?,
        begins: Int64,
        created: Int64
    ) {
        self.id = id
        self.audience = audience
        self.url = url
        self.events = events
        self.sources = sources
        self.secret = secret
        state = .enabled
        self.begins = begins
        self.created = created
    }

    /// Whether it is told of a change.
    public func listens(to change: Change) -> Bool {
        guard state == .enabled, change.number > begins, events.contains(change.kind) else { return false }
        return change.kind == .campaign || sources.contains(change.source)
    }
}
