/// A set of row ids: a bit each, for ids are dense.
package struct IDSet: Sendable {
    private var words: [UInt64] = []

    /// The empty set.
    package init() {}

    /// - Parameter id: From 0.
    /// - Returns: Whether it was not in the set.
    package mutating func insert(_ id: Int64) -> Bool {
        let index = Int(id >> 6)
        if index >= words.count { words += [UInt64](repeating: 0, count: max(words.count, index + 1 - words.count)) }
        let bit = UInt64(1) << UInt64(id & 63)
        let isNew = words[index] & bit == 0
        words[index] |= bit
        return isNew
    }

    /// - Parameter id: From 0.
    package func contains(_ id: Int64) -> Bool {
        let index = Int(id >> 6)
        return index < words.count && words[index] & (UInt64(1) << UInt64(id & 63)) != 0
    }
}
