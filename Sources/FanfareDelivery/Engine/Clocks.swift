import Glibc

/// The clocks of the delivery path, without a detour through Foundation.
enum Clocks {
    /// Nanoseconds of the monotonic clock.
    static func monotonic() -> UInt64 { read(CLOCK_MONOTONIC) }

    /// Seconds since 1970 UTC.
    static func unixTime() -> Int64 { Int64(read(CLOCK_REALTIME) / 1_000_000_000) }

    private static func read(_ clock: clockid_t) -> UInt64 {
        var now = timespec()
        clock_gettime(clock, &now)
        return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
    }
}
