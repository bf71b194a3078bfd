import FanfareAudience
import FanfareTesting

/// Contacts of 2027, and what happens to them: the same from the same seed.
enum RandomYear {
    /// Values by the tags of their fields, for each contact.
    ///
    /// One in thirty has its birthday on February 29, one in six has none.
    static func contacts(_ count: Int, seed: UInt64) -> [[String: String]] {
        var generator = SeededGenerator(seed: seed)
        return (0..<count).map { index in
            var fields = ["FNAME": "Contact \(index)"]
            let (month, day) = (Int.random(in: 1...12, using: &generator), Int.random(in: 1...28, using: &generator))
            switch Int.random(in: 0..<30, using: &generator) {
            case 0: fields["BDAY"] = "02/29"
            case 1...5: break
            default: fields["BDAY"] = ParisClock.birthday(month: month, day: day)
            }
            if Bool.random(using: &generator) { fields["SCORE"] = score(&generator) }
            return fields
        }
    }

    /// What happens to them, at full hours that are six apart, so that some of it falls together with what is due.
    ///
    /// Much happens to a contact within a few weeks, as nothing would meet one that stands in a journey otherwise.
    ///
    /// - Parameters:
    ///   - contacts: Their keys.
    ///   - stories: How many such times there are, each of ten happenings.
    /// - Returns: In the order of time; to one contact one thing at a time.
    static func happenings(
        of contacts: [Int64],
        stories: Int,
        seed: UInt64
    ) -> [JourneySimulator.Happening] {
        var generator = SeededGenerator(seed: seed &+ 1)
        var taken: Set<[Int64]> = []
        var happenings: [JourneySimulator.Happening] = []
        for _ in 0..<stories {
            guard let contact = contacts.randomElement(using: &generator) else { return [] }
            var slot = Int64.random(in: 0..<1400, using: &generator)
            for part in 0..<10 {
                // The first hour is of 2027 in UTC too.
                let at = ParisClock.newYear + 3600 + slot * 6 * 3600
                slot += Int64.random(in: 1...12, using: &generator)
                let what = part == 0 ? opening(&generator) : event(&generator)
                guard at < ParisClock.yearEnd, taken.insert([at, contact]).inserted else { continue }
                happenings.append(.init(at: at, contact: contact, what: what))
            }
        }
        return happenings.sorted { ($0.at, $0.contact) < ($1.at, $1.contact) }
    }

    private static func opening(_ generator: inout SeededGenerator) -> JourneySimulator.Happening.What {
        Bool.random(using: &generator) ? .tag("vip", isAdded: true) : .event("ordered")
    }

    private static func event(_ generator: inout SeededGenerator) -> JourneySimulator.Happening.What {
        switch Int.random(in: 0..<50, using: &generator) {
        case 0..<3: .tag("vip", isAdded: true)
        case 3..<6: .tag("vip", isAdded: false)
        case 6..<15: .tag("bought", isAdded: true)
        case 15..<21: .tag("bought", isAdded: false)
        case 21..<27: .field("SCORE", score(&generator))
        case 27..<39: .field("PLAN", Bool.random(using: &generator) ? "gold" : "silver")
        case 39..<42: .event("ordered")
        case 42..<48: .status(.unsubscribed)
        case 48: .status(.subscribed)
        default: .status(.archived)
        }
    }

    private static func score(_ generator: inout SeededGenerator) -> String {
        String(Int.random(in: 0...10, using: &generator) * 10)
    }
}
