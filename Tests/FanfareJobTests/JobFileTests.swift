import FanfareAudience
import FanfareDelivery
import FanfareJob
import FanfarePayload
import Testing

struct JobFileTests {
    let folder: JobFolder

    init() throws { folder = try JobFolder() }

    @Test func `the example of the documentation says what it shows`() throws {
        let job = try folder.parse(exampleJob).job
        #expect(job.name == "black-friday-sms")
        let file = try #require(job.audience.file)
        #expect(file.path == "contacts.csv")
        #expect(file.resolvedPath == folder.path + "/contacts.csv")
        #expect(
            file.columns == [
                .init(header: "Email Address", tag: "EMAIL"), .init(header: "First Name", tag: "FNAME"),
                .init(header: "Score", tag: "SCORE", kind: .number),
            ]
        )
        #expect(job.audience.name == nil)
        #expect(job.audience.selection == RecipientSelection(.tag("vip")))
        #expect(job.schedule.timeZone == "Europe/Paris")
        #expect(job.schedule.at == .init(year: 2026, month: 11, day: 27, hour: 9, minute: 0))
    }

    @Test func `the example's webhook keeps order, templates and where its secrets came from`() throws {
        let webhook = try folder.parse(exampleJob).job.webhook
        #expect(webhook.name == "SMS gateway")
        #expect(webhook.method == .post)
        #expect(webhook.url == "https://sms.example.com/v2/messages?ref=*|UNIQID|*")
        #expect(
            webhook.authorization
                == .basic(
                    username: "mailer",
                    password: Secret("hunter2-from-env", origin: .environment("SMS_PASSWORD"))
                )
        )
        #expect(webhook.headers == [.init(name: "X-Campaign", value: .text("black-friday"))])
        #expect(
            webhook.body
                == .json(
                    .object([
                        .init("to", .string("*|PHONE|*")),
                        .init("text", .string("Bonjour *|FNAME|*, vos offres vous attendent.")),
                        .init("score", .string("*|SCORE|*")),
                    ])
                )
        )
        #expect(webhook.require == ["PHONE"])
        #expect(
            webhook.signing == .init(secrets: [Secret("whsec_c2VjcmV0", origin: .environment("WEBHOOK_SECRET"))])
        )
    }

    @Test func `the example's delivery settings`() throws {
        let settings = try folder.parse(exampleJob).job.delivery
        var expected = DeliverySettings()
        expected.maxInFlight = 2000
        expected.concurrency = .adaptive
        expected.ratePerSecond = 5000
        expected.timeout = .seconds(10)
        expected.deadline = .seconds(3600)
        expected.stopAfter = .seconds(6 * 3600)
        expected.retries = [.seconds(5), .seconds(30), .seconds(120), .seconds(600)]
        expected.whenUncertain = .resend
        expected.http = .http11
        expected.canary = .init(contacts: 100, proceedAt: 0.99)
        #expect(settings == expected)
    }

    @Test func `what is not written has its default`() throws {
        let job = try folder.parse(smallestJob).job
        #expect(try folder.parse(smallestJob.replacing("fanfare: 1\n", with: "")).job == job)
        #expect(job.delivery == DeliverySettings())
        #expect(job.webhook == WebhookDefinition(url: "https://example.com/hook", body: .none))
        #expect(job.audience == JobAudience(file: nil, name: "customers"))
        #expect(job.schedule == Schedule(timeZone: "Europe/Paris"))
    }

    @Test func `a value's place is found by its path`() throws {
        let source = try folder.parse(exampleJob).source
        #expect(source.place(of: ["webhook", "data", "score"]) == Place(line: 16, column: 12))
        #expect(source.place(of: ["delivery", "retries", 2]) == Place(line: 29, column: 22))
        #expect(source.place(of: ["webhook", "data", "absent", 3]) == Place(line: 14, column: 5))
        #expect(source.place(of: []) == Place(line: 1, column: 1))
    }
}
