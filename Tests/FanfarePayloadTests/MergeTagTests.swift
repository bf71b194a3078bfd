import FanfarePayload
import FanfareTesting
import Foundation
import Testing

@Suite struct `Merge tags` {
    @Test func `of the system`() throws {
        let template = try compile(
            json:
                "*|EMAIL|* *|EMAIL_UID|* *|UNIQID|* *|MC_LANGUAGE|* *|DELIVERY_ID|* *|LIST:NAME|* "
                + "*|CURRENT_YEAR|* *|DATE|*",
            audienceName: "The \"List\""
        )
        #expect(template.columns == [.email, .emailID, .uniqueID, .language])
        let body = template.text([.email: "a@b.c", .emailID: "0f", .uniqueID: "9a", .language: "fr"])?.bodyText
        #expect(body == #""a@b.c 0f 9a fr \#(someID) The \"List\" 2024 2024-06-10""#)
    }

    @Test func `that stand several times read one column`() throws {
        let template = try compile(
            url: "https://x.example/*|FNAME|*",
            .json(.array([.string("*|FNAME|**|LNAME|*"), .string("*|IF:FNAME|**|FNAME|**|END:IF|*")])),
            require: ["LNAME", "FNAME"]
        )
        #expect(template.columns == [.field("FNAME"), .field("LNAME")])
    }

    @Test(arguments: [
        ("JOINED", "2024-02-29", "29/02/2024"), ("JOINEDUS", "2024-02-29", "02/29/2024"),
        ("JOINEDISO", "2024-02-29", "2024-02-29"),
        ("JOINED", "29.2.2024", "29.2.2024"), ("BIRTHDAY", "02/29", "29/02"), ("BIRTHDAY", "2/29", "2/29"),
        (
            "ADDRESS", #"{"addr1":"1 Main St","addr2":"","city":"Paris","state":"","zip":"75001","country":"FR"}"#,
            "1 Main St, Paris, 75001, FR"
        ),
        ("ADDRESS", #" { "zip" : 75001 , "city" : "\u00c9vry \"x\"\n" , "state" : null } "#, #"Évry \"x\"\n, 75001"#),
        ("ADDRESS", #"{"addr1":"\ud83c\udfba \ud83c"}"#, "🎺 \u{FFFD}"), ("ADDRESS", "{}", ""),
        ("ADDRESS", "1 Main St", "1 Main St"),
        ("ADDRESS", #"{"addr1":"a"} x"#, #"{\"addr1\":\"a\"} x"#),
        ("ADDRESS", #"{"addr1":{"a":"b"}}"#, #"{\"addr1\":{\"a\":\"b\"}}"#),
        ("ADDRESS", #"{"addr1":"#, #"{\"addr1\":"#), ("ADDRESS", #"{"addr1":"a\"#, #"{\"addr1\":\"a\\"#),
    ])
    func `show values in their field's form`(tag: String, stored: String, shown: String) throws {
        #expect(try compile(json: "*|\(tag)|*!").text([.field(tag): stored])?.bodyText == "\"\(shown)!\"")
    }

    @Test(arguments: [
        ("d/m/y", "10/06/24"), ("F j, Y", "June 10, 2024"), ("D l N w", "Mon Monday 1 1"), ("jS", "10th"),
        ("z W o t L", "161 24 2024 30 1"),
        ("n M", "6 Jun"), ("a A g G h H i s", "am AM 6 6 06 06 13 20"), ("B u v", "300 000000 000"),
        ("e I O P p T", "+00:00 0 +0000 +00:00 Z +00:00"),
        ("U", "1718000000"), ("c", "2024-06-10T06:13:20+00:00"), ("r", "Mon, 10 Jun 2024 06:13:20 +0000"),
        (#"\Y\\Y \é\c"#, #"Y\2024 éc"#),
        ("é, Y", "é, 2024"), (#"Y\"#, #"2024\"#),
    ])
    func `write dates by PHP's letters`(format: String, expected: String) throws {
        let template = try compile(.raw("*|DATE:\(format)|*", contentType: nil))
        #expect(template.text()?.bodyText == expected)
    }

    @Test func `write dates in local time`() throws {
        let template = try compile(.form(.object([.init("a", .string("*|DATE:Y-m-d H:i P|*"))])))
        #expect(template.text(utcOffset: 7200)?.bodyText == "a=2024-06-10+08%3A13+%2B02%3A00")
        #expect(template.text(utcOffset: -34_200)?.bodyText == "a=2024-06-09+20%3A43+-09%3A30")
    }

    @Test func `agree with Foundation on every kind of day`() throws {
        var calendar = Calendar(identifier: .iso8601)
        let template = try compile(.raw("*|DATE:Y n j N z W o G i s t L|*", contentType: nil))
        var random = SeededGenerator(seed: 7)
        for round in 0..<600 {
            // The days around New Year, then any second up to the year 2400.
            let year = Int64(round) * 31_556_952
            let time =
                round < 300
                ? year + Int64.random(in: 0...1_000_000, using: &random)
                : Int64.random(in: 0...13_569_465_600, using: &random)
            let offset = Int.random(in: -14...14, using: &random) * 3600
            calendar.timeZone = TimeZone(secondsFromGMT: offset)!
            let date = Date(timeIntervalSince1970: TimeInterval(time))
            let part = calendar.dateComponents(
                [.year, .month, .day, .weekday, .weekOfYear, .yearForWeekOfYear, .hour, .minute, .second],
                from: date
            )
            let dayOfYear = calendar.ordinality(of: .day, in: .year, for: date)! - 1
            let days = calendar.range(of: .day, in: .month, for: date)!.count
            let isLeap = calendar.range(of: .day, in: .year, for: date)!.count == 366 ? 1 : 0
            let weekday = (part.weekday! + 5) % 7 + 1
            let expected = String(
                format: "%04d %d %d %d %d %02d %04d %d %02d %02d %d %d",
                part.year!,
                part.month!,
                part.day!,
                weekday,
                dayOfYear,
                part.weekOfYear!,
                part.yearForWeekOfYear!,
                part.hour!,
                part.minute!,
                part.second!,
                days,
                isLeap
            )
            #expect(template.text(time: time, utcOffset: offset)?.bodyText == expected)
        }
    }
}
