/// One entry of an audience's change log: what became of a contact, and what the contact was then.
public struct Change: Sendable, Hashable {
    /// Counts the audience's changes; never used twice.
    public let number: Int64
    /// The contact's key; 0: it concerns none.
    public let contact: Int64
    /// What became of it.
    public let kind: ChangeKind
    /// Who made it so.
    public let source: ChangeSource
    /// Unix time in seconds.
    public let time: Int64
    /// The values that its readers need.
    public let facts: Facts

    /// - Parameters: see the properties of the same names.
    public init(number: Int64, contact: Int64, kind: ChangeKind, source: ChangeSource, time: Int64, facts: Facts) {
        self.number = number
        self.contact = contact
        self.kind = kind
        self.source = source
        self.time = time
        self.facts = facts
    }

    /// What stands in the log of a contact at the time of its change.
    public struct Facts: Sendable, Hashable {
        /// Ten digits, which Mailchimp calls `unique_email_id`.
        public var id: String?
        /// The number of the contact in its audience.
        public var webID: Int64?
        /// The address, after the change.
        public var email: String?
        /// `html` or `text`.
        public var emailType: String?
        /// Where it confirmed from.
        public var optIP: String?
        /// Where it signed up from.
        public var signupIP: String?
        /// Values by tag, as templates show them, in parts; those without a value are null.
        public var merges: [[String: String?]]?
        /// The groups it is in: the category's id and the group's name.
        public var groups: [Group]?
        /// Why: see ``ContactEdit/reason``.
        public var reason: String?
        /// Of one who left: `unsub`, or `delete` when it was archived.
        public var action: String?
        /// The campaign that led to it.
        public var campaign: String?
        /// The address before the change.
        public var oldEmail: String?
        /// Of a fan-out: its name.
        public var subject: String?
        /// Of a fan-out: how it ended.
        public var status: String?
        /// Of a contact that came by at a point of a journey: what is to be sent.
        public var request: JourneyRequest?

        /// One group that a contact is in.
        public struct Group: Sendable, Hashable {
            /// The category's id.
            public var category: Int64
            /// The group's name.
            public var name: String

            /// - Parameters: see the properties of the same names.
            public init(category: Int64, name: String) {
                self.category = category
                self.name = name
            }
        }

        /// Nothing at all.
        public init() {}

        /// A field's value; nil: none.
        public func value(ofField tag: String) -> String? {
            for part in merges ?? [] { if let value = part[tag] { return value } }
            return nil
        }
    }
}
