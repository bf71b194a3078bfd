/// Which contacts are wanted, in which order, and which piece of them: Mailchimp's `GET /lists/{id}/members`.
///
/// What is not set does not narrow.
public struct MemberQuery: Sendable, Hashable {
    /// By which the contacts are sorted; those alike by their keys.
    public enum Order: String, Sendable, Hashable, CaseIterable {
        /// When they signed up.
        case signup = "timestamp_signup"
        /// When they confirmed.
        case opt = "timestamp_opt"
        /// When they were changed.
        case change = "last_changed"
    }

    /// Which of some groups the contacts are in.
    public enum GroupMatch: String, Sendable, Hashable, CaseIterable {
        /// One at least.
        case any
        /// Each.
        case all
        /// None.
        case none
    }

    /// Nil: all but the archived.
    public var status: ContactStatus?
    /// `html` or `text`.
    public var emailType: String?
    /// Unix time in seconds before which they confirmed.
    public var optBefore: Int64?
    /// Unix time in seconds from which they confirmed.
    public var optSince: Int64?
    /// Unix time in seconds before which they were changed.
    public var changedBefore: Int64?
    /// Unix time in seconds from which they were changed.
    public var changedSince: Int64?
    /// Unix time in seconds, from which they unsubscribed.
    public var unsubscribedSince: Int64?
    /// Unix time in seconds after which they came to have the status; narrows only where there is one.
    ///
    /// Of the subscribed it is when they confirmed, or signed up where that is not known; of the unsubscribed and the
    /// cleaned when they became that; of the others, and where nothing better is known, their last change.
    public var statusSetAfter: Int64?
    /// Mailchimp's `unique_email_id`.
    public var uniqueEmailID: String?
    /// Only those that the team marked.
    public var isVIP = false
    /// Groups by their ids; none do not narrow.
    public var groups: [Int64] = []
    /// Which of them the contacts are in.
    public var groupMatch = GroupMatch.any
    /// Only those of a tag or static segment.
    public var tag: Int64?
    /// Nil: in the order in which they came.
    public var order: Order?
    /// The last first.
    public var isDescending = false
    /// Contacts to pass over, from 0.
    public var offset = 0
    /// Contacts at most, from 0.
    public var count = 10

    /// All but the archived.
    public init() {}

    /// Nothing narrows it but the status.
    var isPlain: Bool {
        var plain = MemberQuery()
        (plain.status, plain.order, plain.isDescending) = (status, order, isDescending)
        (plain.offset, plain.count) = (offset, count)
        return plain == self
    }
}

/// A piece of the contacts that a query asks for.
public struct MemberPage: Sendable, Hashable {
    /// In the order asked for.
    public let members: [Member]
    /// How many the query has in all.
    public let total: Int64
}
