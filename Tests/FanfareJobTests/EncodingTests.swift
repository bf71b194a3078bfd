import FanfareAudience
import FanfareDelivery
import FanfareJob
import FanfarePayload
import FanfareTesting
import Testing

struct EncodingTests {
    let folder: JobFolder

    init() throws { folder = try JobFolder() }

    /// A stand-in for real sealing that a test can read.
    static func seal(_ secret: Secret) -> String {
        "sealed:" + secret.reveal().map { String($0) }.joined(separator: ",")
    }

    @Sendable static func open(_ text: String) throws -> Secret {
        guard text.hasPrefix("sealed:") else { throw NotSealed() }
        return Secret(text.dropFirst(7).split(separator: ",").compactMap { UInt8($0) })
    }

    struct NotSealed: Error {}

    /// A sealed text of the same job with something else in it.
    static func replacing(_ part: String, with other: String, in stored: String) throws -> String {
        seal(Secret(String(decoding: try open(stored).reveal(), as: UTF8.self).replacing(part, with: other)))
    }

    static let everything = """
        fanfare: 1
        name: soldes d'été 🎉
        audience:
          import: contacts.csv
          name: clients
          columns:
            Email Address: EMAIL
            Né le: {tag: BORN, type: birthday, date_format: DD/MM}
            Intérêts: {role: group}
            Notes: {role: ignored}
          segment:
            match: any
            conditions:
              - {condition_type: TextMerge, field: FNAME, op: is, value: "Ann *|X|*"}
              - {field: rating, op: greater, value: 3}
              - {field: timestamp_opt, op: greater, value: date, extra: "2021-01-01"}
              - {field: CITY, op: is, value: [Paris, "1"]}
              - match: all
                conditions:
                  - {field: ipgeo, op: ipgeoin, value: 25, addr: Paris, lat: 48.8566, lng: "2.3522"}
                  - {field: interests-Music, op: interestcontainsall, value: [Jazz]}
          statuses: [subscribed, transactional]
          holdout: {share: 2.5%, name: spring}
        webhook:
          name: "a \\"b\\" \\\\ c"
          url: https://sms.example.com/v2/*|UNIQID|*?a=b
          method: PUT
          auth: {username: mailer, password: hunter2}
          headers: {X-A: "*|FNAME|*", X-B: {env: SMS_PASSWORD}, X-C: 1.10, X-D: {file: token}}
          content_type: form
          data:
            "": [1, -2.50, 1e3, true, null, {}, []]
            to: "*|PHONE|*\\n\\t\\u0001\\u2028\\uFEFF"
            data: {merges: {FNAME: "*|FNAME|*", yes: no}}
          require: [PHONE, EMAIL]
          signing: {secret: [{env: WEBHOOK_SECRET}, whsec_b2xk]}
          tls: {ca: ca.pem, cert: client.pem, key: client.key, key_password: {env: SMS_PASSWORD}}
          proxy: {url: "http://proxy.example:3128", username: u, password: hunter3}
        schedule:
          at: "2026-11-27T09:00:30"
          time_zone: Europe/Paris
          repeat: FREQ=WEEKLY;BYDAY=FR
          start_within: 30m
          window: {days: [sun, mon], from: 22:30, to: 06:00}
          batches: {count: 5, delay: 1h30m}
        delivery:
          max_in_flight: 1
          concurrency: fixed
          rate: 100/min
          timeout: 1m500ms
          deadline: 1d2h3m4s
          stop_after: 2d
          retries: []
          retry_on: [503, 429]
          when_uncertain: hold
          http: 2
          canary: {contacts: 7, proceed_at: 99.7%}
        notify:
          url: https://hooks.example.com/a/b?c=d
          signing: {secret: {env: WEBHOOK_SECRET}}
          command: [/bin/true, "a b", ""]
          on: [stopped, breaker]
        """

    func load(_ text: String) throws -> JobFile {
        try folder.write("token", "t0ken\n")
        return try folder.parse(text).job
    }

    @Test(arguments: [exampleJob, smallestJob, everything])
    func `what was encoded is decoded to the same job`(_ text: String) throws {
        let job = try load(text)
        let stored = try job.encoded { EncodingTests.seal($0) }
        var expected = job
        if let file = job.audience.file { expected.audience.file?.path = file.resolvedPath }
        let decoded = try JobFile.decoded(
            stored,
            name: "stored",
            environment: JobFolder.environment,
            open: EncodingTests.open
        )
        #expect(decoded == expected)
        #expect(try decoded.encoded { EncodingTests.seal($0) } == stored)
        #expect(stored.wholeMatch(of: /sealed:[0-9,]+/) != nil)
        let plain = String(decoding: try EncodingTests.open(stored).reveal(), as: UTF8.self)
        #expect(!plain.contains("hunter2-from-env") && !plain.contains("t0ken"))
        #expect(!plain.contains("\n"))
    }

    @Test func `a stored job needs its references, not its contact file`() throws {
        let stored = try load(EncodingTests.everything).encoded { EncodingTests.seal($0) }
        let moved = try EncodingTests.replacing("contacts.csv", with: "gone.csv", in: stored)
        let gone = try EncodingTests.replacing("ca.pem", with: "gone.pem", in: moved)
        let decoded = try JobFile.decoded(gone, name: "s", environment: JobFolder.environment, open: EncodingTests.open)
        #expect(decoded.audience.file?.path == folder.path + "/gone.csv")
        #expect(decoded.webhook.tls.authorityFile == folder.path + "/gone.pem")
        #expect(decoded.webhook.tls.clientCertificate?.file == folder.path + "/client.pem")
        #expect(decoded.webhook.tls.clientCertificate?.keyFile == folder.path + "/client.key")
        #expect(decoded.webhook.proxy?.password == Secret("hunter3"))
        let error = #expect(throws: JobError.self) {
            try JobFile.decoded(stored, name: "s", environment: [:], open: EncodingTests.open)
        }
        // A header's, the signature's, the client key's and the notification's.
        #expect(error?.problems.map(\.code) == [.secret, .secret, .secret, .secret])
        let broken = #expect(throws: JobError.self) {
            try JobFile.decoded(
                stored.replacing("sealed:", with: "broken:"),
                name: "s",
                environment: JobFolder.environment,
                open: EncodingTests.open
            )
        }
        #expect(broken?.problems.map(\.code) == [.secret])
    }

    @Test func `every rate and share survives being written`() throws {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<200 {
            var job = try load(smallestJob)
            job.delivery.ratePerSecond = Double.random(in: 0.001...1_000_000, using: &generator)
            let share = Double.random(in: 0...1, using: &generator)
            job.delivery.canary = .init(contacts: 1, proceedAt: (share * 1000).rounded() / 1000)
            job.delivery.timeout = .milliseconds(Int.random(in: 1...3_600_000, using: &generator))
            let stored = try job.encoded { EncodingTests.seal($0) }
            let decoded = try JobFile.decoded(stored, name: "s", environment: [:], open: EncodingTests.open)
            #expect(decoded.delivery == job.delivery)
        }
    }

    @Test(arguments: [
        (exampleJob + "\n# a comment\n", true), (exampleJob.replacing("          # or fixed", with: ""), true),
        (exampleJob.replacing("  when_uncertain: resend                # or hold\n", with: ""), true),
        (exampleJob.replacing("timeout: 10s", with: "timeout: 10000ms"), true),
        (exampleJob.replacing("timeout: 10s", with: "timeout: 11s"), false),
        (exampleJob.replacing("*|PHONE|*", with: "*|MOBILE|*"), false),
        (exampleJob.replacing("SMS_PASSWORD", with: "WEBHOOK_SECRET"), false),
        (exampleJob.replacing("tag: vip", with: "tag: vips"), false),
        (exampleJob.replacing("09:00", with: "09:01"), false),
    ])
    func `the fingerprint follows the meaning`(_ text: String, isSame: Bool) throws {
        let key = Array("an installation's own key".utf8)
        let before = try load(exampleJob)
        let after = try load(text)
        #expect((before.fingerprint(key: key) == after.fingerprint(key: key)) == isSame)
        #expect(after.changes(from: before).isEmpty == isSame)
    }

    @Test func `an inline secret counts in the fingerprint, a renewed reference does not`() throws {
        let key = Array("an installation's own key".utf8)
        let old = try load(SecretTests.job(bearer: "hunter2"))
        let new = try load(SecretTests.job(bearer: "hunter3"))
        #expect(old.fingerprint(key: key) != new.fingerprint(key: key))
        #expect(new.changes(from: old) == ["webhook.auth.bearer"])
        #expect(old.fingerprint(key: key) != old.fingerprint(key: Array("another key of 16+".utf8)))
        #expect(old.fingerprint(key: key).count == 64)
        let reference = SecretTests.job(bearer: "{env: T}")
        let first = try folder.parse(reference, environment: ["T": "one", "TZ": "UTC"]).job
        let second = try folder.parse(reference, environment: ["T": "two", "TZ": "UTC"]).job
        #expect(first.fingerprint(key: key) == second.fingerprint(key: key))
        #expect(second.changes(from: first) == [])
    }

    @Test func `changes are named by their keys`() throws {
        let before = try load(exampleJob)
        var after = before
        after.webhook.url = "https://other.example/"
        after.delivery.retries = [.seconds(1)]
        after.delivery.canary = nil
        after.webhook.body = .json(.object([.init("to", .string("x"))]))
        after.webhook.tls.verifies = false
        #expect(
            after.changes(from: before) == [
                "webhook.url", "webhook.data.to", "webhook.data.text", "webhook.data.score", "webhook.tls.verify",
                "delivery.retries", "delivery.canary",
            ]
        )
    }
}
