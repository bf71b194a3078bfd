/// Numbers as a page shows them: the same in every country, with a thin space between thousands.
enum PageNumber {
    private static let thin = "\u{202F}"

    /// `1234567` as `1 234 567`.
    static func count(_ number: Int64) -> String {
        let digits = String(number.magnitude)
        var text = number < 0 ? "−" : ""
        for (place, digit) in digits.enumerated() {
            if place > 0, (digits.count - place) % 3 == 0 { text += thin }
            text.append(digit)
        }
        return text
    }

    /// Per second: whole from 10 on.
    static func rate(_ rate: Double) -> String {
        if rate >= 10 || rate == rate.rounded() { return count(Int64(rate.rounded())) }
        return rate >= 0.1 ? fixed(rate, 1) : rate == 0 ? "0" : rate < 0.01 ? "under 0.01" : fixed(rate, 2)
    }

    /// `0.973` as `97.3 %`; never rounded to 0 or 100 what is neither.
    static func share(_ part: Int64, of whole: Int64) -> String {
        if part == 0 || whole == 0 { return "0\(thin)%" }
        if part == whole { return "100\(thin)%" }
        let thousandths = Int((Double(part) / Double(whole) * 1000).rounded(.down))
        if thousandths == 0 { return "<\(thin)0.1\(thin)%" }
        return "\(thousandths / 10).\(thousandths % 10)\(thin)%"
    }

    /// `0.42 ms`, `12 ms`, `3.4 s`, `2 min 05 s`, `3 h 12 min`, `5 d 7 h`.
    static func duration(_ microseconds: Int64) -> String {
        let milliseconds = Double(microseconds) / 1000
        switch microseconds {
        case 0: return "0"
        case ..<1000: return short(milliseconds, 2) + "\(thin)ms"
        case ..<10_000: return short(milliseconds, 1) + "\(thin)ms"
        case ..<1_000_000: return "\(Int(milliseconds.rounded()))\(thin)ms"
        case ..<60_000_000: return short(milliseconds / 1000, 1) + "\(thin)s"
        default: return seconds(Int64((milliseconds / 1000).rounded()))
        }
    }

    /// The same for whole seconds.
    static func seconds(_ seconds: Int64) -> String {
        switch seconds {
        case ..<60: "\(seconds)\(thin)s"
        case ..<3600: "\(seconds / 60)\(thin)min" + (seconds % 60 == 0 ? "" : " \(two(seconds % 60))\(thin)s")
        case ..<172_800:
            "\(seconds / 3600)\(thin)h" + (seconds % 3600 < 60 ? "" : " \(two(seconds % 3600 / 60))\(thin)min")
        default: "\(count(seconds / 86400))\(thin)d \(seconds % 86400 / 3600)\(thin)h"
        }
    }

    static func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : String(number) }

    /// With so many decimals, but none that is 0 at the end.
    private static func short(_ number: Double, _ decimals: Int) -> String {
        var text = fixed(number, decimals)
        while text.hasSuffix("0") { text.removeLast() }
        if text.hasSuffix(".") { text.removeLast() }
        return text
    }

    private static func fixed(_ number: Double, _ decimals: Int) -> String {
        let scale = decimals == 1 ? 10 : 100
        let scaled = Int((number * Double(scale)).rounded())
        let rest = String(scaled % scale)
        return "\(scaled / scale)." + String(repeating: "0", count: decimals - rest.count) + rest
    }
}
