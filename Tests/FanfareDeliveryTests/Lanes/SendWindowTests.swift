import FanfareDelivery
import Testing

/// Hours and days in which a fan-out may send.
@Suite struct SendWindowTests {
    /// Monday, 2026-11-30, midnight.
    private static let monday: Int64 = 20_787 * 86_400

    private func time(_ day: Int64, _ hour: Int64, _ minute: Int64 = 0, _ second: Int64 = 0) -> Int64 {
        Self.monday + day * 86_400 + hour * 3600 + minute * 60 + second
    }

    @Test("without limits it is always open")
    func always() {
        for hour in -200...200 { #expect(SendWindow().isOpen(at: time(0, Int64(hour), 59, 59))) }
    }

    @Test("it opens at its hour and closes before its end, on its days")
    func hours() {
        let window = SendWindow(days: [.mon, .tue], from: 9 * 60, to: 20 * 60 + 30)
        #expect(!window.isOpen(at: time(0, 8, 59, 59)) && window.isOpen(at: time(0, 9)))
        #expect(window.isOpen(at: time(1, 20, 29, 59)) && !window.isOpen(at: time(1, 20, 30)))
        #expect(!window.isOpen(at: time(2, 12)) && !window.isOpen(at: time(-1, 12)))
        #expect(window.text == "mon, tue 09:00–20:30")
    }

    @Test("past midnight it belongs to the day on which it has opened")
    func overnight() {
        let window = SendWindow(days: [.sun], from: 22 * 60, to: 6 * 60)
        #expect(!window.isOpen(at: time(-1, 21, 59, 59)) && window.isOpen(at: time(-1, 22)))
        #expect(window.isOpen(at: time(0, 5, 59, 59)) && !window.isOpen(at: time(0, 6)))
        #expect(!window.isOpen(at: time(0, 23)) && !window.isOpen(at: time(-1, 3)))
        #expect(window.length == .seconds(8 * 3600))
    }

    @Test("one that ends when it begins is open for a day")
    func wholeDay() {
        let window = SendWindow(days: [.mon], from: 9 * 60, to: 9 * 60)
        #expect(window.isOpen(at: time(0, 9)) && window.isOpen(at: time(1, 8, 59, 59)))
        #expect(!window.isOpen(at: time(0, 8)) && !window.isOpen(at: time(1, 9)))
        #expect(window.length == .seconds(86_400))
    }

    @Test("it tells when it opens next, as a search by the minute finds it")
    func opening() {
        let windows = [
            SendWindow(days: [.mon, .thu], from: 9 * 60, to: 17 * 60), SendWindow(from: 9 * 60, to: 17 * 60),
            SendWindow(days: [.sat], from: 22 * 60, to: 6 * 60), SendWindow(days: [.sat, .sun]),
        ]
        for window in windows {
            for hour in 0..<Int64(7 * 24) where !window.isOpen(at: time(0, hour)) {
                var found = time(0, hour)
                while !window.isOpen(at: found) { found += 60 }
                let days = (found - Self.monday) / 86_400
                let minute = Int((found - Self.monday) % 86_400 / 60)
                let opening = window.opening(after: time(0, hour))
                #expect(opening?.day == SendWindow.Day.allCases[Int(days % 7)] && opening?.minute == minute)
            }
        }
        #expect(SendWindow(days: []).opening(after: Self.monday) == nil)
        #expect(SendWindow(days: [.mon], from: 545).opening(after: time(0, 0))?.text == "mon 09:05")
    }

    @Test("days before 1970 have their names too, for clocks that were never set")
    func early() {
        // 1969-12-31 was a Wednesday.
        let window = SendWindow(days: [.wed], from: 0, to: 60)
        #expect(window.isOpen(at: -86_400) && !window.isOpen(at: -82_800) && !window.isOpen(at: 0))
    }
}
