/// One thing that is wrong with a segment.
public struct SegmentProblem: Sendable, Hashable, CustomStringConvertible {
    /// The term, from 0: `[2]` is the third one, `[2, 0]` the first one of the group that the third is.
    ///
    /// Empty: the segment as a whole.
    public let path: [Int]
    /// `condition_type`, `field`, `op`, `value`, `extra`, `addr`, `lat`, `lng`, or `conditions` of a group.
    public let key: String
    /// What was seen and what is accepted.
    public let message: String

    /// `condition 3.1: op: …`; terms are counted from 1 for a reader.
    public var description: String {
        let place = path.map { String($0 + 1) }.joined(separator: ".")
        return (place.isEmpty ? "" : "condition \(place): ") + "\(key): \(message)"
    }
}

/// All that is wrong with a segment.
public struct SegmentProblems: Error, Sendable, Hashable, CustomStringConvertible {
    /// In the order of the conditions.
    public let problems: [SegmentProblem]
    /// One after the other.
    public var description: String { problems.map(\.description).joined(separator: "; ") }
}
