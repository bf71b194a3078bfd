import FanfarePayload
import Testing

/// Moments as programs write them to each other.
@Suite struct UTCTextTests {
    @Test(
        arguments: [
            (0, "1970-01-01", "00:00:00"), (1_445_442_096, "2015-10-21", "15:41:36"), (-1, "1969-12-31", "23:59:59"),
            (951_827_696, "2000-02-29", "12:34:56"), (253_402_300_799, "9999-12-31", "23:59:59"),
            (253_402_300_800, "10000-01-01", "00:00:00"), (-30_610_224_000, "1000-01-01", "00:00:00"),
            (-30_610_224_001, "999-12-31", "23:59:59"), (-62_198_755_200, "-1-01-01", "00:00:00"),
            (1 << 56, "2283416224-11-24", "12:52:16"),
        ] as [(Int64, String, String)]
    )
    func `a moment has a day and a time`(seconds: Int64, day: String, time: String) {
        let text = UTCText(seconds)
        #expect(text.day == day && text.time == time)
        #expect(text.iso8601 == "\(day)T\(time)+00:00")
    }
}
