import Glibc

/// The clocks of the delivery path, without a detour through Foundation.
enum Clocks {
    /// Nanoseconds of the monotonic clock.
    static func monotonic() -> UInt64 { read(CLOCK_MONOTONIC) }

    /// Seconds since 1970 UTC; 0 for a clock that stands before that, as some do that were never set.
    static func unixTime() -> Int64 { Int64(read(CLOCK_REALTIME) / 1_000_000_000) }

    private static func read(_ clock: clockid_t) -> UInt64 {
        var now = timespec()
        clock_gettime(clock, &now)
        return nanoseconds(now)
    }

    static func nanoseconds(_ time: timespec) -> UInt64 {
        time.tv_sec < 0 ? 0 : UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
