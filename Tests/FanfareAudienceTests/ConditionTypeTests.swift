import FanfareAudience
import FanfarePayload
import GRDB
import Testing

@Suite("Types of condition")
struct ConditionTypeTests {
    typealias Condition = SegmentDefinition.Condition

    let fixture: AudienceFixture

    init() throws {
        fixture = try AudienceFixture()
        let columns = ["ZIP": ColumnSpec(tag: "ZIP", kind: .zip), "Hobbies": .group]
        try fixture.importCSV(
            """
            email,ZIP,Hobbies,LATITUDE,LONGITUDE,CC,VIP
            paris@x.org,75001,"Jazz,Rock",48.8566,2.3522,FR,1
            null@x.org,,,0,0,,
            half@x.org,,,48.8,,,
            """,
            ImportOptions(columns: columns)
        )
    }

    private func problem(_ condition: Condition) throws -> SegmentProblem? {
        do {
            try fixture.audience.check(SegmentDefinition(match: .all, conditions: [condition]))
            return nil
        } catch {
            return try #require(error.cause as? SegmentProblems).problems.first
        }
    }

    private func addresses(_ condition: Condition) throws -> [String] {
        try fixture.addresses(
            RecipientSelection(.segment(SegmentDefinition(match: .all, conditions: [condition])))
        )
    }

    /// Every type of Mailchimp's that needs what Fanfare does not hold, with a field of it.
    @Test(arguments: [
        ("Aim", "aim", "e-mail"), ("Automation", "automation", "automation"), ("CampaignPoll", "poll", "polls"),
        ("Conversation", "conversation", "answers"), ("SurveyMonkey", "survey_monkey", "surveys"),
        ("EcommCategory", "ecomm_cat", "orders"), ("EcommNumber", "ecomm_orders", "orders"),
        ("EcommPurchased", "ecomm_purchased", "orders"), ("EcommSpent", "ecomm_spent_all", "orders"),
        ("EcommStore", "ecomm_store", "stores"), ("GoalActivity", "goal", "web pages"),
        ("GoalTimestamp", "goal_last_visited", "web pages"), ("FuzzySegment", "fuzzy_segment", "alike"),
        ("SocialAge", "social_age", "social networks"), ("SocialGender", "social_gender", "social networks"),
        ("SocialInfluence", "social_influence", "social networks"),
        ("SocialNetworkMember", "social_network", "social networks"),
        ("SocialNetworkFollow", "social_network", "social networks"),
        ("PredictedGender", "predicted_gender", "guesses"), ("PredictedAge", "predicted_age_range", "guesses"),
    ])
    func refused(_ type: String, _ field: String, _ reason: String) throws {
        let typed = try #require(try problem(Condition(conditionType: type, field: field, op: "is", value: .text("x"))))
        #expect(typed.key == "condition_type")
        #expect(typed.message.hasPrefix("\(type) is refused: it asks ") && typed.message.contains(reason))
        let untyped = try #require(try problem(Condition(field: field, op: "is", value: .text("x"))))
        #expect(untyped.key == "field")
        #expect(untyped.message.hasPrefix("\(field) is refused: ") && untyped.message.contains(reason))
    }

    @Test("a merge field goes before a field of a refused type of the same name")
    func mergeFieldFirst() throws {
        try fixture.audience.addField(MergeField(tag: "GOAL"))
        #expect(try problem(Condition(field: "goal", op: "is", value: .text("x"))) == nil)
    }

    @Test(arguments: [
        (
            Condition(conditionType: "ZipMerge", field: "ZIP", op: "geoin", value: .text("25"), extra: .text("75001")),
            "postal"
        ),
        (Condition(field: "ZIP", op: "geoin", value: .text("25"), extra: .text("75001")), "gazetteer"),
        (Condition(conditionType: "IPGeoInZip", field: "ipgeo", op: "ipgeoinzip", value: .number("5")), "gazetteer"),
        (Condition(field: "ipgeo", op: "ipgeoinzip", value: .number("5"), extra: .number("1")), "with coordinates"),
        (Condition(field: "ipgeo", op: "ipgeoiszip", value: .number("10001")), "TextMerge"),
        (Condition(conditionType: "IPGeoZip", field: "ipgeo", op: "ipgeonotzip", value: .number("1")), "TextMerge"),
        (Condition(field: "ipgeo", op: "ipgeoin", value: .number("5"), address: .text("Paris")), "gazetteer"),
    ])
    func `what needs a gazetteer is refused with what does without`(_ condition: Condition, _ text: String) throws {
        let problem = try #require(try problem(condition))
        #expect(problem.message.contains("refused") && problem.message.contains(text), "\(problem)")
    }

    @Test(arguments: [
        (Condition(field: "ipgeo", op: nil), "op", "ipgeocountry, ipgeonotcountry"),
        (Condition(field: "ipgeo", op: "ipgeozome"), "op", "did you mean ipgeozone?"),
        (Condition(field: "ipgeo", op: "ipgeocountry", value: .text("France")), "value", "two letters of a country"),
        (Condition(field: "ipgeo", op: "ipgeonotcountry", value: .text("4B")), "value", "two letters of a country"),
        (Condition(field: "ipgeo", op: "ipgeostate", value: .text("Texas")), "value", "code of a region"),
        (Condition(field: "ipgeo", op: "ipgeozone", value: .text("Europe/Pari")), "value", "Europe/Paris"),
        (Condition(field: "ipgeo", op: "ipgeoin", value: .number("5")), "lat", "missing"),
        (Condition(field: "ipgeo", op: "ipgeoin", value: .number("5"), latitude: .number("9")), "lng", "missing"),
        (
            Condition(field: "ipgeo", op: "ipgeoin", value: .text("x"), latitude: .text("1"), longitude: .text("2")),
            "value", "not a number"
        ),
        (
            Condition(field: "ipgeo", op: "ipgeoin", value: .text("-1"), latitude: .text("1"), longitude: .text("2")),
            "value", "miles, from 0 to 12500"
        ),
        (
            Condition(field: "ipgeo", op: "ipgeoin", value: .text("1"), latitude: .text("91"), longitude: .text("2")),
            "lat", "from -90 to 90"
        ),
        (
            Condition(field: "ipgeo", op: "ipgeoin", value: .text("1"), latitude: .text("1"), longitude: .list(["2"])),
            "lng", "one value"
        ),
        (Condition(field: "interests-Hobies", op: "interestcontains"), "field", "did you mean interests-Hobbies?"),
        (Condition(conditionType: "Interests", field: "Hobbies", op: "x"), "op", "interestcontainsall"),
        (Condition(conditionType: "Interests", field: "Hobbies", op: "interestcontains"), "field", "interests-Hobbies"),
        (
            Condition(field: "interests-Hobbies", op: "interestcontains", value: .list(["Jazz", "Rok"])), "value",
            "did you mean \"Rock\"?"
        ),
        (Condition(field: "interests-Hobbies", op: "interestcontains", value: .list([])), "value", "1 to 100"),
        (Condition(field: "interests-Hobbies", op: "interestcontains"), "value", "missing"),
        (Condition(field: "email_client", op: "is", value: .text("x")), "op", "client_is, client_not"),
    ])
    func `what a type does not take is named with what it does`(
        _ condition: Condition,
        _ key: String,
        _ text: String
    ) throws {
        let problem = try #require(try problem(condition))
        #expect(problem.key == key && problem.message.contains(text), "\(problem)")
    }

    @Test("groups are found by Mailchimp's ids too")
    func groupIDs() throws {
        let category = try #require(try fixture.strings("SELECT uid FROM interest_category").first ?? nil)
        let ids = try fixture.strings("SELECT uid FROM interest ORDER BY name").compactMap { $0 }
        let condition = Condition(field: "interests-\(category)", op: "interestcontainsall", value: .list(ids))
        #expect(try addresses(condition) == ["paris@x.org"])
        let none = Condition(field: "interests-Hobbies", op: "interestnotcontains", value: .text("Jazz"))
        #expect(try addresses(none) == ["half@x.org", "null@x.org"])
    }

    @Test("a contact without coordinates, or at Mailchimp's 0, 0, is nowhere")
    func nowhere() throws {
        let around = Condition(
            field: "ipgeo",
            op: "ipgeonotin",
            value: .number("12500"),
            latitude: .number("0"),
            longitude: .number("0")
        )
        #expect(try addresses(around) == ["half@x.org", "null@x.org"])
        #expect(try addresses(Condition(field: "ipgeo", op: "ipgeounknown")) == ["half@x.org", "null@x.org"])
    }

    @Test("the distance is Mailchimp's: miles over the great circle")
    func distance() throws {
        // London is 213 to 214 miles from Paris.
        for (miles, expected) in [("213", []), ("214", ["paris@x.org"])] as [(String, [String])] {
            let condition = Condition(
                field: "ipgeo",
                op: "ipgeoin",
                value: .text(miles),
                latitude: .text("51.5074"),
                longitude: .text("-0.1278")
            )
            #expect(try addresses(condition) == expected)
        }
    }

    @Test("a contact that nobody has said anything of is no VIP")
    func vip() throws {
        try fixture.audience.database.write { try $0.execute(sql: "UPDATE contact SET vip = NULL WHERE vip = 0") }
        #expect(try addresses(Condition(field: "gmonkey", op: "notmember")) == ["half@x.org", "null@x.org"])
    }
}
