/// A segment as a user writes it down, unchecked: Mailchimp's `options` object
/// (`{"match": "any|all", "conditions": [...]}`, Marketing API 3.0).
///
/// `Segment` checks it against an audience's fields and compiles it to SQL.
public struct SegmentDefinition: Sendable, Hashable {
    /// Whether one condition is enough.
    public enum Match: String, Sendable, Hashable, Codable, CaseIterable {
        /// One condition is enough.
        case any
        /// Every condition must be met.
        case all
    }

    /// The operand of a condition, as written.
    public enum Operand: Sendable, Hashable {
        /// A text.
        case text(String)
        /// A number as written, for example `3` or `2.50`.
        case number(String)
        /// Several texts.
        case list([String])
    }

    /// One condition, as written.
    public struct Condition: Sendable, Hashable {
        /// `TextMerge`, `Date`, …; nil: told from field and op.
        public var conditionType: String?
        /// A merge tag, `mergeN`, or one of Mailchimp's field names (`timestamp_opt`, `static_segment`, …).
        public var field: String?
        /// The operator: `is`, `not`, `contains` and so on.
        public var op: String?
        /// What it is compared with.
        public var value: Operand?
        /// A second operand, where a type takes one (a date).
        public var extra: Operand?

        /// - Parameters: see the properties of the same names.
        public init(
            conditionType: String? = nil,
            field: String?,
            op: String?,
            value: Operand? = nil,
            extra: Operand? = nil
        ) {
            self.conditionType = conditionType
            self.field = field
            self.op = op
            self.value = value
            self.extra = extra
        }
    }

    /// How the conditions are joined.
    public var match: Match
    /// At least one, at most ten.
    public var conditions: [Condition]

    /// - Parameters:
    ///   - match: How the conditions are joined.
    ///   - conditions: The conditions.
    public init(match: Match, conditions: [Condition]) {
        self.match = match
        self.conditions = conditions
    }
}

/// Which contacts of an audience a fan-out is for.
public struct RecipientSelection: Sendable, Hashable {
    /// A part of the audience.
    public enum Part: Sendable, Hashable {
        /// All contacts.
        case everyone
        /// Contacts with the tag (static segment) of this name.
        case tag(String)
        /// Contacts that meet the conditions.
        case segment(SegmentDefinition)
        /// Contacts of the saved segment of this name.
        case savedSegment(String)
    }

    /// The part.
    public var part: Part
    /// Only contacts with one of these statuses.
    public var statuses: Set<ContactStatus>

    /// - Parameters:
    ///   - part: The part of the audience.
    ///   - statuses: The statuses that receive; only `subscribed` unless said otherwise.
    public init(_ part: Part = .everyone, statuses: Set<ContactStatus> = [.subscribed]) {
        self.part = part
        self.statuses = statuses
    }
}

/// Whether a contact may be addressed (Mailchimp's member `status`).
public enum ContactStatus: String, Sendable, Hashable, Codable, CaseIterable {
    /// Has agreed to be addressed.
    case subscribed
    /// Has refused.
    case unsubscribed
    /// Its address does not work.
    case cleaned
    /// Has signed up and not confirmed it yet.
    case pending
    /// Is a customer who has never agreed to more than mails about orders.
    case transactional
    /// Was put away by its owner.
    case archived
    /// In Mailchimp's exports: never signed up (`nonsubscribed_…csv`).
    case nonsubscribed
}
