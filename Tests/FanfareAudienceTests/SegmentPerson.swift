import FanfareAudience
import FanfarePayload
import FanfareTesting
import Foundation

/// A contact of the random tests, with a value of every kind that a condition looks at.
struct SegmentPerson {
    /// An address as it comes: in one line, or in parts.
    enum Home {
        case line(String)
        case parts([String: String])
    }

    var email = ""
    var name: String?
    var score: Double?
    var size: String?
    var day: String?
    var birthday: String?
    var home: Home?
    var zip: String?
    var language: String?
    var rating = 2
    var isVIP = false
    var source = "Import"
    var client: String?
    var opt: Int64 = 0
    var changed: Int64 = 0
    var country: String?
    var region: String?
    var zone: String?
    var place: Place?
    var tags: Set<String> = []
    var hobbies: Set<String> = []

    struct Place {
        var latitude: Double
        var longitude: Double
    }

    static let names = [
        "Ada", "ada", "ÉLODIE", "élodie", "elodie", "Ὀδυσσεύς", "ὈΔΥΣΣΕΎΣ", "50%", "a_b", "a\\b", "Zoë", "10", "9",
    ]
    static let sizes = ["S", "M", "m", "Größe L"]
    static let days = ["2026-01-01", "2026-03-08", "2026-11-01", "2026-12-31"]
    static let birthdays = ["02/29", "12/25", "01/01", "12/01"]
    static let homes: [Home] = [
        .line("1 Rue Saint-Honoré, Paris"), .line("12"), .line("{not JSON"),
        .parts(["addr1": "Domplatz 1", "city": "Münster", "zip": "48143", "country": "DE", "addr2": ""]),
        .parts(["city": "PARIS", "state": "TX", "addr1": "5 Main St"]),
    ]
    static let tags = ["vip", "Новый", "beta"]
    static let hobbies = ["Jazz", "Rock", "Old, loud \"music\""]
    /// Around the ends of days in New York, of which one has 23 hours.
    static let times: [Int64] = [
        1_772_946_000 - 1, 1_772_946_000, 1_773_028_800 - 1, 1_773_028_800, 1_767_225_600, 1_775_000_000,
    ]
    /// Paris, London, New York, both sides of the date line, a pole, and Mailchimp's nowhere.
    static let places: [(Double, Double)] = [
        (48.8566, 2.3522), (51.5074, -0.1278), (40.7128, -74.006), (-17.7134, 178.065), (-13.759, -172.1046), (-90, 0),
        (0, 0),
    ]

    static func random(_ index: Int, _ random: inout SeededGenerator) -> SegmentPerson {
        func maybe<Value>(_ values: [Value]) -> Value? {
            Bool.random(using: &random) ? values.randomElement(using: &random) : nil
        }
        var person = SegmentPerson()
        let first = ["Ann", "bob", "ÉVE"].randomElement(using: &random)!
        person.email = "\(first)\(index)@\(["x.org", "Y.com"].randomElement(using: &random)!)"
        person.name = maybe(names)
        person.score = maybe([0, 1, 2.5, -3, 10])
        person.size = maybe(sizes)
        person.day = maybe(days)
        person.birthday = maybe(birthdays)
        person.home = maybe(homes)
        person.zip = maybe(["75001", "01099"])
        person.language = maybe(["en", "fr", "pt_PT"])
        person.rating = Int.random(in: 1...5, using: &random)
        person.isVIP = Bool.random(using: &random)
        person.source = ["Import", "API", "Landing Page"].randomElement(using: &random)!
        person.client = maybe(["Gmail", "Apple Mail"])
        person.opt = times.randomElement(using: &random)!
        person.changed = times.randomElement(using: &random)!
        person.country = maybe(["US", "FR"])
        person.region = maybe(["TX", "IDF", "A8"])
        person.zone = maybe(["Europe/Paris", "America/New_York"])
        person.place = maybe(places).map { Place(latitude: $0.0, longitude: $0.1) }
        person.tags = Set(tags.filter { _ in Bool.random(using: &random) })
        person.hobbies = Set(hobbies.filter { _ in Bool.random(using: &random) })
        return person
    }

    // MARK: Import

    static let options = ImportOptions(
        columns: [
            "SCORE": ColumnSpec(tag: "SCORE", kind: .number), "SIZE": ColumnSpec(tag: "SIZE", kind: .dropdown),
            "DAY": ColumnSpec(tag: "DAY", kind: .date), "BDAY": ColumnSpec(tag: "BDAY", kind: .birthday),
            "HOME": ColumnSpec(tag: "HOME", kind: .address), "ZIP": ColumnSpec(tag: "ZIP", kind: .zip),
            "Hobbies": .group,
        ]
    )

    /// The contact as a line of a `.jsonl` file.
    func line() throws -> String {
        let home: Any? =
            switch home {
            case .line(let text): text
            case .parts(let parts): parts
            case nil: nil
            }
        let members: [String: Any?] = [
            "email": email, "NAME": name, "SCORE": score, "SIZE": size, "DAY": day, "BDAY": birthday, "HOME": home,
            "ZIP": zip, "LANGUAGE": language, "MEMBER_RATING": rating, "VIP": isVIP, "SOURCE": source,
            "EMAIL_CLIENT": client, "CONFIRM_TIME": Self.text(opt), "LAST_CHANGED": Self.text(changed), "CC": country,
            "REGION": region, "TIMEZONE": zone, "LATITUDE": place?.latitude, "LONGITUDE": place?.longitude,
            "tags": Array(tags),
            "Hobbies": hobbies.map { "\"\($0.replacing("\"", with: "\"\""))\"" }.joined(separator: ","),
        ]
        let data = try JSONSerialization.data(withJSONObject: members.compactMapValues { $0 }, options: .sortedKeys)
        return String(decoding: data, as: UTF8.self)
    }

    private static func text(_ time: Int64) -> String {
        Date(timeIntervalSince1970: TimeInterval(time)).ISO8601Format()
    }

    /// The address as a template shows it.
    var homeLine: String? {
        switch home {
        case .line(let text): text
        case .parts(let parts):
            ["addr1", "addr2", "city", "state", "zip", "country"].compactMap { parts[$0] }.filter { !$0.isEmpty }
                .joined(separator: ", ")
        case nil: nil
        }
    }
}
