import Glibc
import Testing

@testable import FanfareDelivery

struct ClockTests {
    @Test func `a clock that stands before 1970 is none that ends the program`() {
        #expect(Clocks.nanoseconds(timespec(tv_sec: -86400, tv_nsec: 5)) == 0)
        #expect(Clocks.nanoseconds(timespec(tv_sec: -1, tv_nsec: 999_999_999)) == 0)
        #expect(Clocks.nanoseconds(timespec(tv_sec: 2, tv_nsec: 5)) == 2_000_000_005)
    }
}
