/// Unix time with the local offset, looked up at most once a second.
struct LocalClock {
    private let utcOffset: @Sendable (Int64) -> Int
    private var second: Int64 = -1
    private var offset = 0

    init(utcOffset: @escaping @Sendable (Int64) -> Int) { self.utcOffset = utcOffset }

    mutating func now() -> (unix: Int64, utcOffset: Int) {
        let unix = Clocks.unixTime()
        if unix != second {
            second = unix
            offset = utcOffset(unix)
        }
        return (unix, offset)
    }
}
