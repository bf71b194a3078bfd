/// What a check of a signature found.
public enum SignatureVerdict: Sendable, Hashable {
    /// A signature is right, and its time is near.
    case valid
    /// A header is missing or is not what it should be.
    case malformed
    /// The time stamp is too far from now: a replay, or a wrong clock.
    case outsideTolerance
    /// No signature is that of the content by a known key.
    case wrongSignature
}

/// Time stamps of signatures.
enum UnixTime {
    /// Seconds written in decimal digits and nothing else.
    static func parse(_ text: some StringProtocol) -> Int64? {
        guard !text.isEmpty, text.utf8.allSatisfy(\.isASCIIDigit) else { return nil }
        return Int64(text)
    }

    /// Whether two times, the second not negative, are at most `tolerance` seconds apart.
    static func isWithin(_ tolerance: Int64, _ time: Int64, _ now: Int64) -> Bool {
        let (difference, overflow) = now.subtractingReportingOverflow(time)
        return !overflow && difference.magnitude <= tolerance.magnitude
    }
}

/// Comparisons that tell nothing by how long they take.
enum ConstantTime {
    /// Whether two texts are the same, in a time that depends on their lengths alone.
    static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(0 as UInt8) { $0 | $1.0 ^ $1.1 } == 0
    }
}
