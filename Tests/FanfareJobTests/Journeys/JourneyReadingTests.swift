import FanfareAudience
import FanfareDelivery
import FanfareJob
import FanfarePayload
import Testing

@Suite("A journey as it is written")
struct JourneyReadingTests {
    let folder: JobFolder

    init() throws { folder = try JobFolder() }

    @Test("what is left out has its default")
    func defaults() throws {
        let document = try folder.journey(smallestJourney)
        #expect(
            document.map
                == JourneyMap(
                    name: "small",
                    reentry: .never,
                    timeZone: "Europe/Paris",
                    statuses: [.subscribed],
                    start: [StartingPoint(id: "s", trigger: .manual, part: .everyone, next: "a")],
                    points: [JourneyPoint(id: "a", step: .archive(next: nil))]
                )
        )
        #expect(document.variables == ["TZ"])
    }

    @Test("a whole journey is read")
    func whole() throws {
        let document = try folder.journey(exampleJourney)
        let map = document.map
        #expect(map.name == "Welcome" && map.reentry == .afterLeaving && map.timeZone == "Europe/Paris")
        #expect(map.statuses == [.subscribed, .transactional])
        let segment = SegmentDefinition(
            match: .all,
            conditions: [.init(field: "FNAME", op: "is", value: .text("Ada"))]
        )
        #expect(
            map.start == [
                StartingPoint(id: "tagged", trigger: .tagAdded("vip"), part: .segment(segment), next: "hello"),
                StartingPoint(
                    id: "new",
                    trigger: .signsUp(includesImports: true),
                    part: .savedSegment("Paris"),
                    next: "hello"
                ),
                StartingPoint(id: "born", trigger: .birthday(tag: "BDAY", minute: 510), next: "ask"),
            ]
        )
        #expect(map.points.count == 15)
        #expect(document.variables == ["SMS_PASSWORD", "WEBHOOK_SECRET"])
    }

    @Test("a webhook is read with its delivery")
    func webhook() throws {
        let point = try #require(try folder.journey(exampleJourney).map.points.first)
        #expect(point.id == "hello" && point.name == "Say hello")
        guard case .webhook(let webhook, let next) = point.step else { return try #require(nil, "\(point)") }
        #expect(next == "pause" && webhook.onFailure == .leave)
        #expect(webhook.webhook.method == .put && webhook.webhook.require == ["PHONE"])
        #expect(webhook.webhook.authorization == .basic(username: "mailer", password: Secret("hunter2")))
        #expect(
            webhook.webhook.body
                == .form(.object([.init("to", .string("*|PHONE|*")), .init("name", .string("*|FNAME|*"))]))
        )
        #expect(webhook.webhook.tls.authorityFile == folder.path + "/ca.pem")
        var delivery = DeliverySettings.journeys
        delivery.maxInFlight = 10
        delivery.ratePerSecond = 50
        delivery.timeout = .seconds(5)
        delivery.deadline = .seconds(3600)
        delivery.retries = [.seconds(60), .seconds(300)]
        delivery.retryOn = [503]
        #expect(webhook.delivery == delivery)
    }

    @Test("a webhook's delivery has journeys' defaults")
    func deliveryDefaults() throws {
        for delivery in ["", ", delivery: {}", ", delivery: "] {
            let point = "{id: x, type: webhook, webhook: {url: https://a.example/, data: {}}\(delivery)}"
            let expected = JourneyWebhook(
                webhook: WebhookDefinition(url: "https://a.example/", body: .json(.object([]))),
                delivery: .journeys,
                onFailure: .goOn
            )
            #expect(try step(point) == .webhook(expected, next: nil), "\(delivery)")
        }
    }

    static let group = JourneyGroup(category: "Interests", name: "Music")
    static let time = Schedule.LocalTime(year: 2026, month: 12, day: 24, hour: 9, minute: 0)

    @Test(
        "every kind of start is read",
        arguments: [
            ("type: tag_added, tag: vip", JourneyTrigger.tagAdded("vip")),
            ("type: signs_up", .signsUp(includesImports: false)),
            ("type: signs_up, imports: true", .signsUp(includesImports: true)),
            ("type: joins_group, category: Interests, group: Music", .joinsGroup(group)),
            ("type: leaves_group, category: Interests, group: Music", .leavesGroup(group)),
            ("type: field_changes, field: SIZE", .fieldChanges(tag: "SIZE", value: nil)),
            ("type: field_changes, field: SIZE, to: XL", .fieldChanges(tag: "SIZE", value: "XL")),
            ("type: field_changes, field: SCORE, to: 1.50", .fieldChanges(tag: "SCORE", value: "1.50")),
            ("type: birthday, field: BDAY", .birthday(tag: "BDAY", minute: 540)),
            ("type: birthday, field: BDAY, at: 00:00", .birthday(tag: "BDAY", minute: 0)),
            ("type: recurring_date, field: SINCE, at: \"23:59\"", .recurringDate(tag: "SINCE", minute: 1439)),
            ("type: specific_date, date: 2026-12-24 09:00", .specificDate(time)),
            ("type: event, event: bought-a_2", .event("bought-a_2")),
            ("type: api", .api), ("type: manual", .manual),
        ]
    )
    func trigger(_ text: String, expected: JourneyTrigger) throws {
        let map = try folder.journey(
            "name: n\nstart: [{id: s, \(text), next: a}]\npoints: [{id: a, type: archive}]"
        ).map
        #expect(map.start.first?.trigger == expected)
    }

    @Test(
        "every kind of point is read",
        arguments: [
            ("type: if, tag: vip, then: a, else: b", JourneyStep.condition(.tag("vip"), then: "a", otherwise: "b")),
            ("type: if, segment: Paris, then: a", .condition(.savedSegment("Paris"), then: "a", otherwise: nil)),
            ("type: split, percent: 0.5, first: null, second: b", .split(percent: 0.5, first: nil, second: "b")),
            ("type: split, percent: 30", .split(percent: 30, first: nil, second: nil)),
            ("type: delay, for: 1d1s, next: a", .delay(.seconds(86_401), next: "a")),
            ("type: delay, until: 2026-12-24 09:00", .delay(.until(time), next: nil)),
            ("type: delay, on: mon", .delay(.day([.mon], minute: 540), next: nil)),
            ("type: delay, on: [mon, sun], at: 18:00", .delay(.day([.mon, .sun], minute: 1080), next: nil)),
            (
                "type: wait, until: {type: tag_added, tag: vip}, then: a",
                .wait(.tagAdded("vip"), seconds: nil, then: "a", otherwise: nil)
            ),
            (
                "type: wait, until: {type: field_changes, field: SIZE}, limit: 7d, then: a, else: b",
                .wait(.fieldChanges(tag: "SIZE", value: nil), seconds: 604_800, then: "a", otherwise: "b")
            ),
            ("type: add_tag, tag: vip, next: a", .tag("vip", isAdded: true, next: "a")),
            ("type: remove_tag, tag: vip", .tag("vip", isAdded: false, next: nil)),
            ("type: update_field, field: SIZE, value: XL", .field(tag: "SIZE", value: "XL", next: nil)),
            ("type: update_field, field: SIZE, value: \"\"", .field(tag: "SIZE", value: "", next: nil)),
            ("type: join_group, category: Interests, group: Music", .group(group, joins: true, next: nil)),
            ("type: leave_group, category: Interests, group: Music", .group(group, joins: false, next: nil)),
            ("type: unsubscribe, next: b", .unsubscribe(next: "b")), ("type: archive, next: ", .archive(next: nil)),
        ]
    )
    func steps(_ text: String, expected: JourneyStep) throws {
        #expect(try step("{id: x, \(text)}") == expected)
    }

    /// What happens at the point `x`, which may lead to `a` and `b`.
    private func step(_ point: String) throws -> JourneyStep {
        let text = """
            name: n
            start: [{id: s, type: api, next: x}, {id: t, type: api, next: a}, {id: u, type: api, next: b}]
            points:
              - \(point)
              - {id: a, type: archive}
              - {id: b, type: archive}
            """
        return try #require(try folder.journey(text).map.points.first).step
    }

    @Test(
        "a loop with a pause is accepted",
        arguments: [
            "{id: a, type: delay, for: 1s, next: a}", "{id: a, type: delay, on: mon, next: a}",
            "{id: a, type: wait, until: {type: event, event: go}, then: a}",
        ]
    )
    func loops(_ point: String) throws {
        let text = "name: n\nstart: [{id: s, type: api, next: a}]\npoints:\n- "
        #expect(folder.journeyError(in: text + point) == nil)
    }

    @Test("other modules' problems have their places")
    func places() throws {
        let document = try folder.journey(exampleJourney)
        #expect(document.path(of: "pause") == ["points", 1])
        #expect(document.path(of: "new") == ["start", 1])
        #expect(document.path(of: "none") == nil)
        let field = document.problem(.unknownKey, at: ["points", 10, "field"], "there is no such field")
        #expect(field.code == .unknownKey && field.place == Place(line: 42, column: 44))
        #expect(field.message == "`points[10].field`: there is no such field")
        let secret = document.problem(at: ["points", 0, "webhook", "signing", "secrets", 1], "it is no key")
        #expect(secret.path == ["points", 0, "webhook", "signing", "secret", 1])
        #expect(secret.place == Place(line: 27, column: 46))
        let error = document.error([field, secret])
        #expect(error.problems == [secret, field])
        #expect(error.description.contains("journey.yaml:42:44: "))
    }
}
