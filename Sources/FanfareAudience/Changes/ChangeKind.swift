/// What became of a contact: the events of Mailchimp's audience webhooks (Marketing API 3.0, `/lists/{id}/webhooks`).
///
/// The raw value is stored and never changes its meaning.
public enum ChangeKind: Int64, Sendable, Hashable {
    /// Became subscribed.
    case subscribe = 1
    /// Is subscribed no longer, by itself or because it was archived.
    case unsubscribe = 2
    /// Fields, groups or language changed.
    case profile = 3
    /// The address cannot be reached any more, or complained.
    case cleaned = 4
    /// Has another address; a `profile` follows.
    case upemail = 5
    /// Of no contact: a fan-out to the audience has ended or was cancelled; see ``CampaignEnd``.
    case campaign = 6
    /// Came by at a point of a journey that sends a webhook; see ``JourneyRequest``. No audience webhook is told of it.
    case journeyPoint = 7

    /// The word on the wire, in Mailchimp's spelling.
    public var name: String {
        switch self {
        case .subscribe: "subscribe"
        case .unsubscribe: "unsubscribe"
        case .profile: "profile"
        case .cleaned: "cleaned"
        case .upemail: "upemail"
        case .campaign: "campaign"
        case .journeyPoint: "journey"
        }
    }

    /// What is told of a contact: one thing at most, as a change of status says all that a change of values would.
    ///
    /// - Parameters:
    ///   - old: Its status before; nil: it is new.
    ///   - new: Its status.
    ///   - changesProfile: Whether values or groups of its changed.
    /// - Returns: Nil when nothing is.
    static func of(_ old: ContactStatus?, becoming new: ContactStatus, changesProfile: Bool) -> ChangeKind? {
        let profile: ChangeKind? = changesProfile && new != .archived ? .profile : nil
        return switch (old, new) {
        case let (old?, new) where old == new: profile
        case (_, .subscribed): .subscribe
        case (_, .cleaned): .cleaned
        case (.subscribed, _): .unsubscribe
        case (nil, _): nil
        default: profile
        }
    }
}

extension ChangeKind: CaseIterable {
    /// Those that an audience webhook may be told of.
    public static let allCases: [ChangeKind] = [.subscribe, .unsubscribe, .profile, .cleaned, .upemail, .campaign]
}

/// Who made a change, by which audience webhooks are filtered.
///
/// The raw value is stored and never changes its meaning.
public enum ChangeSource: Int64, Sendable, Hashable, CaseIterable {
    /// The contact: a sign-up, preference or unsubscribe page.
    case user = 1
    /// Somebody of the team: the command line, a page, an import.
    case admin = 2
    /// A program, over HTTP.
    case api = 3

    /// The word on the wire, in Mailchimp's spelling.
    public var name: String {
        switch self {
        case .user: "user"
        case .admin: "admin"
        case .api: "api"
        }
    }
}
