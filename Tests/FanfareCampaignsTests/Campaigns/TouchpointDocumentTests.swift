import FanfareJob
import FanfarePayload
import Testing

@testable import FanfareCampaigns

/// What a touchpoint sends: as it is kept, shown and read as a job.
@Suite struct TouchpointDocumentTests {
    private static let text = """
        {
          "webhook": {
            "url": "https://x.org/?to=*|EMAIL|*", "auth": {"username": "u", "password": "p4ss"},
            "headers": {"X-Api-Key": "k3y", "X-Campaign": "autumn", "X-Token": {"env": "TOKEN"}},
            "data": {"b": 1.50, "a": ["*|FNAME|*", null, true]}, "signing": {"secret": ["whsec_a", {"file": "/key"}]}
          },
          "audience": {"tag": "vip", "statuses": ["subscribed"]},
          "schedule": {"repeat": "FREQ=DAILY;COUNT=3", "window": {"from": "09:00"}},
          "delivery": {"rate": "10/s"},
          "notify": {"url": "https://hooks.example.com/T0/abc"}
        }
        """

    private func document(_ text: String = Self.text) throws -> TouchpointDocument {
        TouchpointDocument(try DocumentText.json(of: Array(text.utf8), named: "a test"))
    }

    private func fields(_ text: String, at: String? = "2099-12-01 09:00") throws -> [String] {
        try document(text).draftProblems(named: "job", at: at, in: "UTC").map(\.field)
    }

    @Test func `sections keep the order of their members and the spelling of their numbers`() throws {
        let document = try document()
        #expect(document[.webhook]?["data"]?.compact == #"{"b":1.50,"a":["*|FNAME|*",null,true]}"#)
        #expect(document.rule == "FREQ=DAILY;COUNT=3" && !document.goesByLocalTime)
        #expect(TouchpointDocument(document.value) == document)
        #expect("\(document)" == "[touchpoint document]")
    }

    @Test func `YAML says the same`() throws {
        let yaml = """
            webhook:
              url: https://x.org/
              data: {to: "*|EMAIL|*", n: 007}
            """
        let webhook = try document(yaml)[.webhook]
        #expect(webhook?.compact == #"{"url":"https://x.org/","data":{"to":"*|EMAIL|*","n":"007"}}"#)
    }

    @Test func `secrets are hidden where it is shown, and references are not`() throws {
        let shown = try document().shown.value.compact
        for secret in ["p4ss", "k3y", "whsec_a", "hooks.example.com"] { #expect(!shown.contains(secret)) }
        for plain in [#""X-Campaign":"autumn""#, #"{"env":"TOKEN"}"#, #"{"file":"/key"}"#, #""username":"u""#] {
            #expect(shown.contains(plain), "\(plain)")
        }
        #expect(try document().placeholders.isEmpty)
        let again = try document().shown.placeholders.map(\.field)
        #expect(
            again.sorted() == [
                "notify.url", "webhook.auth.password", "webhook.headers.X-Api-Key", "webhook.signing.secret",
            ]
        )
        // What is no secret may look like it.
        #expect(try fields(#"{"webhook": {"url": "https://x.org/", "data": {"to": "[secret]"}}}"#) == [])
    }

    @Test func `what of it is on the machine is named`() throws {
        #expect(try document().machineReferences == ["webhook.headers.X-Token", "webhook.signing.secret"])
        let files = #"{"webhook": {"tls": {"ca": "/ca.pem", "verify": true}, "data": {"file": "x", "env": "y"}}}"#
        #expect(try document(files).machineReferences == ["webhook.tls.ca"])
    }

    @Test func `keys that are the campaign's or the touchpoint's are refused, and so is a program`() throws {
        #expect(try fields(#"{"audience": {"import": "/etc/passwd"}}"#) == ["audience.import"])
        #expect(try fields(#"{"audience": {"name": "other", "tag": "vip"}}"#) == ["audience.name"])
        #expect(try fields(#"{"schedule": {"at": "2099-01-01 09:00", "time_zone": "UTC"}}"#).count == 2)
        #expect(try fields(#"{"notify": {"command": ["/bin/true"]}}"#) == ["notify.command"])
    }

    @Test func `what is wrong with a draft is told by its field, and not what is missing`() throws {
        #expect(try fields("{}") == [])
        #expect(try fields(#"{"webhook": {"method": "POST"}}"#) == [])
        #expect(try fields(#"{"webhook": {"method": "PSOT"}}"#) == ["webhook.method"])
        #expect(try fields(#"{"webhook": 5}"#) == ["webhook"])
        #expect(try fields(#"{"delivery": {"rat": "5/s"}}"#) == ["delivery"])
        #expect(try fields(#"{"audience": {"tag": "a", "segment": "b"}}"#) == ["audience"])
        #expect(try fields(#"{"schedule": {"repeat": "FREQ=DAILY;UNTIL=20200101"}}"#) == ["schedule"])
        // Whether a rule ever comes is known when there is a time.
        #expect(try fields(#"{"schedule": {"repeat": "FREQ=DAILY;UNTIL=20200101"}}"#, at: nil) == [])
        #expect(try fields(#"{"schedule": {"repeat": "FREQ=HOURLY"}}"#) == ["schedule.repeat"])
        // A variable that is not set here may be when it starts.
        #expect(try fields(#"{"webhook": {"url": "https://x.org/", "auth": {"bearer": {"env": "NO_SUCH"}}}}"#) == [])
    }

    @Test func `its job is a job file`() throws {
        let text = try document().jobText(
            named: "job (1)",
            to: "aaaaaaaaaa",
            at: "2099-12-01 09:00",
            in: "Europe/Paris"
        )
        #expect(text.contains(#""audience":{"name":"aaaaaaaaaa","tag":"vip","statuses":["subscribed"]}"#))
        #expect(text.contains(#""at":"2099-12-01 09:00","time_zone":"Europe/Paris""#))
        let plain = try document(#"{"webhook": {"url": "https://x.org/", "data": {"to": "*|EMAIL|*"}}}"#)
        let job = try JobText(
            Array(plain.jobText(named: "job", to: "aaaaaaaaaa", at: "2099-12-01 09:00", in: "UTC").utf8),
            file: "a test",
            folder: "/"
        ).job(environment: [:]).job
        #expect(job.name == "job" && job.audience.name == "aaaaaaaaaa" && job.webhook.url == "https://x.org/")
        #expect(job.schedule.at?.text == "2099-12-01 09:00" && job.schedule.timeZone == "UTC")
    }
}
