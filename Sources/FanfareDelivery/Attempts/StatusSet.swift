/// A set of HTTP statuses 0 … 1023, one bit each.
struct StatusSet: Sendable, Hashable {
    private var words: [16 of UInt64] = .init(repeating: 0)

    static func == (a: StatusSet, b: StatusSet) -> Bool {
        for index in 0..<16 where a.words[index] != b.words[index] { return false }
        return true
    }

    func hash(into hasher: inout Hasher) {
        for index in 0..<16 { hasher.combine(words[index]) }
    }

    init(_ statuses: some Sequence<Int>) {
        for status in statuses where 0..<1024 ~= status { words[status >> 6] |= 1 << UInt64(status & 63) }
    }

    func contains(_ status: UInt16) -> Bool {
        status < 1024 && words[Int(status >> 6)] & (1 << UInt64(status & 63)) != 0
    }
}
