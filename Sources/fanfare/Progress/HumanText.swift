import Foundation

/// Numbers and times as a person reads them at a glance.
enum HumanText {
    /// `1234567` as `1,234,567`.
    static func count(_ number: Int64) -> String {
        let digits = String(number.magnitude)
        var text = ""
        for (place, digit) in digits.enumerated() {
            if place > 0, (digits.count - place) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return number < 0 ? "-" + text : text
    }

    /// `1 contact`, `1,234 contacts`.
    static func count(_ number: some BinaryInteger, _ noun: String, plural: String? = nil) -> String {
        count(Int64(number)) + " " + (number == 1 ? noun : plural ?? noun + "s")
    }

    /// `0.8 ms`, `12 ms`, `3.4 s`, `2 min 05 s`, `3 h 12 min`, `5 days 7 h`.
    static func duration(_ duration: Duration) -> String {
        let microseconds = duration / .microseconds(1)
        let seconds = microseconds / 1_000_000
        switch seconds {
        case ..<0.01: return tenths(microseconds / 1000) + " ms"
        case ..<1: return "\(Int((microseconds / 1000).rounded())) ms"
        case ..<60: return tenths(seconds) + " s"
        case ..<3600:
            let whole = Int(seconds.rounded())
            return "\(whole / 60) min \(twoDigits(whole % 60)) s"
        case (48 * 3600)...:
            let hours = Int((seconds / 3600).rounded())
            return "\(count(hours / 24, "day")) \(hours % 24) h"
        default:
            let minutes = Int((seconds / 60).rounded())
            return "\(minutes / 60) h \(twoDigits(minutes % 60)) min"
        }
    }

    /// Unix seconds as `2026-11-27T09:00:00Z`.
    static func moment(_ unixSeconds: Int64) -> String {
        Date(timeIntervalSince1970: TimeInterval(unixSeconds)).formatted(.iso8601)
    }

    /// `0.973` as `97.3 %`; never rounded up to 100.
    static func share(_ share: Double) -> String {
        share >= 1 ? "100 %" : tenths((share * 1000).rounded(.down) / 10) + " %"
    }

    /// `12 kB`, `3,456 MB`; a piece of a kilobyte counts as one.
    static func size(_ bytes: Int64) -> String {
        bytes < 1_000_000 ? "\(count((bytes + 999) / 1000)) kB" : "\(count(bytes / 1_000_000)) MB"
    }

    /// `5000/s`, `0.5/s`.
    static func rate(_ perSecond: Double) -> String {
        (perSecond == perSecond.rounded() ? "\(Int(perSecond))" : "\(perSecond)") + "/s"
    }

    static func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }

    private static func tenths(_ number: Double) -> String {
        let scaled = Int((number * 10).rounded())
        return "\(scaled / 10).\(scaled % 10)"
    }
}
