/// Why a contact is in a segment, or is not.
public struct SegmentExplanation: Sendable, Hashable {
    /// What one condition made of the contact.
    public struct Condition: Sendable, Hashable {
        /// The condition as it was written.
        public let definition: SegmentDefinition.Condition
        /// Whether the contact meets it.
        public let isMet: Bool
        /// What the contact has there; nil: nothing.
        public let value: String?
    }

    /// What conditions that are joined made of it.
    public struct Group: Sendable, Hashable {
        /// Whether one of the terms is enough.
        public let match: SegmentDefinition.Match
        /// In the order in which they were written.
        public let terms: [Term]
        /// Whether the contact meets as many of them as it must.
        public let isMet: Bool
    }

    /// What one term made of it.
    public enum Term: Sendable, Hashable {
        /// A condition.
        case condition(Condition)
        /// A group.
        case group(Group)
    }

    /// The segment itself.
    public let root: Group
    /// The contact's status: only some receive.
    public let status: ContactStatus

    /// Whether the contact is in the segment.
    public var isMember: Bool { root.isMet }
}
