/// A segment as a user writes it down, unchecked: Mailchimp's `options` object
/// (`{"match": "any|all", "conditions": [...]}`, Marketing API 3.0), in which a group may stand for a condition.
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
        /// A place's name, which only goes with its coordinates.
        public var address: Operand?
        /// The place's latitude in degrees, where a type measures from one.
        public var latitude: Operand?
        /// Its longitude in degrees.
        public var longitude: Operand?

        /// - Parameters: see the properties of the same names.
        public init(
            conditionType: String? = nil,
            field: String?,
            op: String?,
            value: Operand? = nil,
            extra: Operand? = nil,
            address: Operand? = nil,
            latitude: Operand? = nil,
            longitude: Operand? = nil
        ) {
            self.conditionType = conditionType
            self.field = field
            self.op = op
            self.value = value
            self.extra = extra
            self.address = address
            self.latitude = latitude
            self.longitude = longitude
        }
    }

    /// What stands in the list of a segment or of a group.
    public enum Term: Sendable, Hashable {
        /// A condition.
        case condition(Condition)
        /// Conditions that count as one.
        case group(SegmentDefinition)
    }

    /// How the terms are joined.
    public var match: Match
    /// Conditions and groups, as many and as deep as ``SegmentLimits`` allow; at least one.
    public var terms: [Term]

    /// - Parameters:
    ///   - match: How the terms are joined.
    ///   - terms: Conditions and groups.
    public init(match: Match, terms: [Term]) {
        self.match = match
        self.terms = terms
    }

    /// A flat segment.
    ///
    /// - Parameters:
    ///   - match: How the conditions are joined.
    ///   - conditions: The conditions.
    public init(match: Match, conditions: [Condition]) {
        self.init(match: match, terms: conditions.map(Term.condition))
    }
}

/// How large a segment may be.
public struct SegmentLimits: Sendable, Hashable {
    /// How deep groups are nested; 1: there are none.
    public let depth: Int
    /// Conditions in all, those of groups included.
    public let conditions: Int

    /// - Parameters: see the properties of the same names.
    public init(depth: Int, conditions: Int) {
        self.depth = depth
        self.conditions = conditions
    }

    /// Of Fanfare's own form, in a job file or saved; as large as Mailchimp's advanced segments.
    public static let own = SegmentLimits(depth: 2, conditions: 100)
    /// Of the `options` of a segment of Mailchimp's API.
    public static let mailchimp = SegmentLimits(depth: 1, conditions: 10)
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
