import FanfareJob
import Testing

/// A text with one thing wrong, and what must be said of it.
struct ProblemRow: Sendable, CustomTestStringConvertible {
    let text: String
    let place: Place
    let code: JobProblem.Code
    /// A part of the message, of what is accepted, or of the suggestion.
    let says: String

    var testDescription: String { text.split(separator: "\n").last.map(String.init) ?? text }

    /// Lines after the smallest job; the first of them is line 5.
    static func after(_ text: String, _ line: Int, _ column: Int, _ code: JobProblem.Code, _ says: String) -> Self {
        Self(text: smallestJob + "\n" + text, place: Place(line: line, column: column), code: code, says: says)
    }

    /// The value of `audience`, in line 3 from column 11.
    static func audience(_ text: String, _ line: Int, _ column: Int, _ code: JobProblem.Code, _ says: String) -> Self {
        let whole = "fanfare: 1\nname: small\naudience: \(text)\nwebhook: {url: https://example.com/}"
        return Self(text: whole, place: Place(line: line, column: column), code: code, says: says)
    }

    /// The value of `webhook`, in line 4 from column 10.
    static func webhook(_ text: String, _ line: Int, _ column: Int, _ code: JobProblem.Code, _ says: String) -> Self {
        let whole = "fanfare: 1\nname: small\naudience: {name: customers}\nwebhook: \(text)"
        return Self(text: whole, place: Place(line: line, column: column), code: code, says: says)
    }
}

struct ValueProblemTests {
    let folder: JobFolder

    init() throws { folder = try JobFolder() }

    func check(_ row: ProblemRow) throws {
        let error = try #require(folder.error(in: row.text))
        try #require(error.problems.count == 1, "\(error)")
        let problem = error.problems[0]
        #expect(problem.place == row.place)
        #expect(problem.code == row.code)
        let said = [problem.message, problem.accepted ?? "", problem.suggestion ?? ""].joined(separator: " | ")
        #expect(said.contains(row.says), "\(said)")
        #expect(error.description.hasPrefix("job.yaml:\(row.place.line):\(row.place.column): "))
    }

    @Test(arguments: [
        ProblemRow.after("delivery: {timeout: 10}", 5, 21, .wrongType, "add a unit: `10s`"),
        .after("delivery: {timeout: 10 seconds}", 5, 21, .badValue, "write `10s`"),
        .after("delivery: {timeout: 5min}", 5, 21, .badValue, "write `5m`"),
        .after("delivery: {timeout: 30m1h}", 5, 21, .badValue, "500ms, 10s or 1h30m"),
        .after("delivery: {timeout: -5s}", 5, 21, .badValue, "is -5s"),
        .after("delivery: {timeout: 1.5s}", 5, 21, .badValue, "is 1.5s"),
        .after("delivery: {timeout: 0s}", 5, 21, .badValue, "1ms … 1h"),
        .after("delivery: {timeout: 2h}", 5, 21, .badValue, "1ms … 1h"),
        .after("delivery: {timeout: 99999999999999999999s}", 5, 21, .badValue, "1ms … 1h"),
        .after("delivery: {timeout: [10s]}", 5, 21, .wrongType, "is a list"),
        .after("delivery: {timeout: }", 5, 21, .wrongType, "has no value"),
        .after("delivery:\n  timeout:\n  http: 1.1", 6, 11, .wrongType, "has no value"),
        .after("delivery: {deadline: 31d}", 5, 22, .badValue, "1s … 30d"),
        .after("delivery: {retries: 5s}", 5, 21, .wrongType, "a list of durations"),
        .after("delivery: {retries: [5s, soon, 2m]}", 5, 26, .badValue, "`delivery.retries[1]` is soon"),
        .after("delivery: {rate: 5000}", 5, 18, .wrongType, "write `5000/s`"),
        .after("delivery: {rate: 5000/day}", 5, 18, .badValue, "300/min"),
        .after("delivery: {rate: 0/s}", 5, 18, .badValue, "0.001/s"),
        .after("delivery: {rate: -1/s}", 5, 18, .badValue, "is -1/s"),
        .after("delivery: {rate: 1e3/s}", 5, 18, .badValue, "is 1e3/s"),
        .after("delivery: {rate: 1000001/s}", 5, 18, .badValue, "1000000/s"),
        .after("delivery: {max_in_flight: 0}", 5, 27, .badValue, "1 … 65536"),
        .after("delivery: {max_in_flight: 65537}", 5, 27, .badValue, "is 65537"),
        .after("delivery: {max_in_flight: 2.5}", 5, 27, .badValue, "whole number"),
        .after("delivery: {max_in_flight: 0x10}", 5, 27, .badValue, "whole number"),
        .after("delivery: {max_in_flight: \"20\"}", 5, 27, .wrongType, "without quotes"),
        .after("delivery: {max_in_flight: 99999999999999999999}", 5, 27, .badValue, "whole number"),
        .after("delivery: {concurrency: adaptiv}", 5, 25, .badValue, "did you mean `adaptive`?"),
        .after("delivery: {concurrency: true}", 5, 25, .wrongType, "one of adaptive, fixed"),
        .after("delivery: {when_uncertain: keep}", 5, 28, .badValue, "one of resend, hold"),
        .after("delivery: {http: 3}", 5, 18, .badValue, "1.1 or 2"),
        .after("delivery: {retry_on: [200]}", 5, 23, .badValue, "300 … 599"),
        .after("delivery: {retry_on: 503}", 5, 22, .wrongType, "a list of HTTP statuses"),
        .after("delivery: {canary: {proceed_at: 0.99}}", 5, 33, .wrongType, "write `0.99%`"),
        .after("delivery: {canary: {proceed_at: 101%}}", 5, 33, .badValue, "0% … 100%"),
        .after("delivery: {canary: {contacts: none}}", 5, 31, .wrongType, "whole number"),
        .after("delivery: fast", 5, 11, .wrongType, "`delivery` is text: fast"),
    ])
    func `a delivery setting that is not accepted`(_ row: ProblemRow) throws { try check(row) }

    @Test(arguments: ["0s", "2h", "2 hours", "90min", "1ms5h"])
    func `nobody is advised to write what is not accepted either`(_ text: String) throws {
        let row = ProblemRow.after("delivery: {timeout: \(text)}", 5, 21, .badValue, "1ms … 1h")
        try check(row)
        let error = try #require(folder.error(in: row.text))
        #expect(error.problems.map(\.suggestion) == [nil])
    }

    @Test(arguments: [
        ProblemRow.after("schedule: {at: 2026-11-27}", 5, 16, .badValue, "add a time: `2026-11-27 09:00`"),
        .after("schedule: {at: 2026-11-31 09:00}", 5, 16, .badValue, "is 2026-11-31 09:00"),
        .after("schedule: {at: 2026-02-29 09:00}", 5, 16, .badValue, "local date and time"),
        .after("schedule: {at: 2026-13-01 09:00}", 5, 16, .badValue, "local date and time"),
        .after("schedule: {at: 2026-00-01 09:00}", 5, 16, .badValue, "local date and time"),
        .after("schedule: {at: 2026-11-27 24:00}", 5, 16, .badValue, "local date and time"),
        .after("schedule: {at: 27/11/2026 09:00}", 5, 16, .badValue, "such as 2026-11-27 09:00"),
        .after("schedule: {at: 2026-11-27T09:00:00Z}", 5, 16, .badValue, "the zone as time_zone"),
        .after("schedule: {at: \"2026-11-27T09:00:00+01:00\"}", 5, 16, .badValue, "the zone as time_zone"),
        .after("schedule: {time_zone: Paris}", 5, 23, .badValue, "did you mean `Europe/Paris`?"),
        .after("schedule: {time_zone: Europe/Pari}", 5, 23, .badValue, "did you mean `Europe/Paris`?"),
        .after("schedule: {time_zone: EST}", 5, 23, .badValue, "IANA"),
        .after("schedule: {time_zone: ../../etc/passwd}", 5, 23, .badValue, "IANA"),
        .after("schedule: {time_zone: 1}", 5, 23, .wrongType, "IANA"),
        .after("schedule: {window: 9-17}", 5, 20, .wrongType, "a window, with the keys days, from, to"),
        .after("schedule: {window: {from: 9:00}}", 5, 27, .badValue, "such as 09:00, 00:00 … 23:59"),
        .after("schedule: {window: {from: 24:00}}", 5, 27, .badValue, "00:00 … 23:59"),
        .after("schedule: {window: {from: 9}}", 5, 27, .wrongType, "such as 09:00"),
        .after("schedule: {window: {to: 24:01}}", 5, 25, .badValue, "00:00 … 24:00"),
        .after("schedule: {window: {to: 12:60}}", 5, 25, .badValue, "00:00 … 24:00"),
        .after("schedule: {window: {days: [mon, frid]}}", 5, 33, .badValue, "did you mean `fri`?"),
        .after("schedule: {batches: {count: 1, delay: 1m}}", 5, 29, .badValue, "2 … 1000"),
        .after("schedule: {batches: {count: 2}}", 5, 21, .missingKey, "`schedule.batches.delay` is missing"),
        .after("schedule: {batches: {count: 2, delay: 1500ms}}", 5, 32, .badValue, "whole seconds"),
        .after("schedule: {batches: {count: 2, delay: 8d}}", 5, 39, .badValue, "1s … 7d"),
        .after("schedule: {local_time: {}}", 5, 24, .missingKey, "`schedule.local_time.past` is missing"),
        .after("schedule: {local_time: {past: skip}}", 5, 12, .badValue, "`schedule.at`"),
        .after(
            "schedule: {at: 2026-11-27 09:00, local_time: {past: skip}, batches: {count: 2, delay: 1m}}",
            5,
            34,
            .badValue,
            "one of the two"
        ),
        .after("schedule: {local_time: {past: wait}}", 5, 31, .badValue, "one of skip, send"),
        .after("schedule: {repeat: FREQ=DAILY}", 5, 12, .badValue, "`schedule.at`"),
        .after("schedule: {at: 2026-11-27 09:00, repeat: FREQ=YEARLY}", 5, 42, .badValue, "DAILY, WEEKLY or MONTHLY"),
        .after(
            "schedule: {at: 2026-02-10 09:00, repeat: FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=31}",
            5,
            34,
            .badValue,
            "`schedule.repeat` never comes"
        ),
        .after("schedule: {start_within: 10s}", 5, 26, .badValue, "1m … 30d"),
        .after("schedule: {batches: 5}", 5, 21, .wrongType, "batches, with the keys count, delay"),
        .after("schedule: {window: {days: []}}", 5, 27, .badValue, "1 … 7 items"),
    ])
    func `a schedule that is not accepted`(_ row: ProblemRow) throws { try check(row) }

    @Test(arguments: [
        ProblemRow.audience("{}", 3, 11, .missingKey, "where its contacts come from"),
        .audience("customers", 3, 11, .wrongType, "`audience` is text"),
        .audience("{name: 7}", 3, 18, .wrongType, "put quotes around it"),
        .audience("{import: absent.csv}", 3, 12, .unreadableFile, "No such file or directory"),
        .audience("{import: .}", 3, 12, .unreadableFile, "Is a directory"),
        .audience("{name: a, tag: vip, segment: loyal}", 3, 31, .conflict, "both a tag and a segment"),
        .audience("{name: a, columns: {A: B}}", 3, 21, .conflict, "no `import`"),
        .audience("{import: contacts.csv, columns: {First: fname}}", 3, 51, .badValue, "write `FNAME`"),
        .audience("{import: contacts.csv, columns: {First: \"*|FNAME|*\"}}", 3, 51, .badValue, "write `FNAME`"),
        .audience("{import: contacts.csv, columns: {First: 1}}", 3, 51, .wrongType, "put quotes around it"),
        .audience("{import: contacts.csv, columns: {A: FNAME, B: FNAME}}", 3, 54, .conflict, "\"A\" and \"B\""),
        .audience("{import: contacts.csv, columns: {A: {type: text}}}", 3, 47, .conflict, "one kind of column"),
        .audience("{import: contacts.csv, columns: {A: {role: group, tag: B}}}", 3, 47, .conflict, "role: ignored"),
        .audience("{import: contacts.csv, columns: {A: {tag: B, type: nummer}}}", 3, 62, .badValue, "`number`"),
        .audience("{import: contacts.csv, columns: [A, B]}", 3, 43, .wrongType, "{First Name: FNAME}"),
        .audience("{name: a, statuses: [subscribd]}", 3, 32, .badValue, "did you mean `subscribed`?"),
        .audience("{name: a, statuses: []}", 3, 31, .badValue, "1 … 7 items"),
        .audience("{name: a, segment: {match: all}}", 3, 30, .missingKey, "`audience.segment.conditions` is missing"),
        .audience("{name: a, segment: {conditions: []}}", 3, 43, .badValue, "1 … 100 items"),
        .audience("{name: a, segment: {match: some, conditions: [{}]}}", 3, 38, .badValue, "one of any, all"),
        .audience("{name: a, segment: {conditions: [{felt: FNAME}]}}", 3, 45, .unknownKey, "did you mean `field`?"),
        .audience("{name: a, segment: {conditions: [{value: {a: 1}}]}}", 3, 52, .wrongType, "list of texts"),
        .audience("{name: a, segment: {conditions: [{value: true}]}}", 3, 52, .wrongType, "put quotes around it"),
        .audience("{name: a, holdout: 10%}", 3, 30, .wrongType, "a holdout, with the keys share, name"),
        .audience("{name: a, holdout: {name: b}}", 3, 30, .missingKey, "`audience.holdout.share` is missing"),
        .audience("{name: a, holdout: {share: 0.1}}", 3, 38, .wrongType, "write `0.1%`"),
    ])
    func `an audience that is not accepted`(_ row: ProblemRow) throws { try check(row) }

    @Test(arguments: [
        ProblemRow.webhook("{name: x}", 4, 10, .missingKey, "`webhook.url` is missing"),
        .webhook("{url: }", 4, 16 - 0, .wrongType, "has no value"),
        .webhook("{url: \"\"}", 4, 16, .badValue, "an http or https URL"),
        .webhook("{url: https://a.example/, method: FETCH}", 4, 44, .badValue, "POST, PUT, PATCH, DELETE, GET"),
        .webhook("{url: https://a.example/, method: post}", 4, 44, .badValue, "did you mean `POST`?"),
        .webhook("{url: https://a.example/, method: GET, data: {a: b}}", 4, 49, .conflict, "a GET carries no body"),
        .webhook("{url: https://a.example/, content_type: xml}", 4, 50, .badValue, "json, form, multipart, raw"),
        .webhook("{url: https://a.example/, content_type: form}", 4, 36, .conflict, "there is no `data`"),
        .webhook("{url: https://a.example/, content_type: raw, data: {a: b}}", 4, 55, .wrongType, "content_type: raw"),
        .webhook("{url: https://a.example/, content_type: form, data: text}", 4, 56, .wrongType, "a mapping"),
        .webhook("{url: https://a.example/, data: {to: 0612345678}}", 4, 47, .badValue, "put quotes around it to send"),
        .webhook("{url: https://a.example/, data: {to: +33612345678}}", 4, 47, .badValue, "is +33612345678"),
        .webhook("{url: https://a.example/, data: {n: [1, .inf]}}", 4, 50, .badValue, "`webhook.data.n[1]` is .inf"),
        .webhook("{url: https://a.example/, require: PHONE}", 4, 45, .wrongType, "a list of merge tags"),
        .webhook("{url: https://a.example/, require: [phone]}", 4, 46, .badValue, "write `PHONE`"),
        .webhook("{url: https://a.example/, auth: {}}", 4, 42, .conflict, "username and password, or bearer"),
        .webhook("{url: https://a.example/, auth: {username: a}}", 4, 42, .conflict, "username and password"),
        .webhook(
            "{url: https://a.example/, auth: {username: a, password: b, bearer: c}}",
            4,
            42,
            .conflict,
            "or bearer"
        ),
        .webhook("{url: https://a.example/, headers: [a]}", 4, 45, .wrongType, "a mapping from header names"),
        .webhook("{url: https://a.example/, headers: {A: [b]}}", 4, 49, .wrongType, "`webhook.headers.A` is a list"),
        .webhook("{url: https://a.example/, signing: {}}", 4, 45, .missingKey, "`webhook.signing.secret` is missing"),
        .webhook("{url: https://a.example/, signing: {secret: []}}", 4, 54, .badValue, "1 … 10 items"),
        .webhook("{url: https://a.example/, tls: {certs: a}}", 4, 42, .unknownKey, "| ca, verify, cert, key, key_pass"),
        .webhook(
            "{url: https://a.example/, tls: {cert: gone.pem, key: client.key}}",
            4,
            42,
            .unreadableFile,
            "No such"
        ),
        .webhook("{url: https://a.example/, tls: {cert: client.pem}}", 4, 42, .unreadableFile, "no private key in PEM"),
        .webhook(
            "{url: https://a.example/, tls: {cert: ca.pem, key: ca.pem}}",
            4,
            56,
            .unreadableFile,
            "no private key"
        ),
        .webhook("{url: https://a.example/, tls: {key: client.key}}", 4, 42, .conflict, "a key and no certificate"),
        .webhook("{url: https://a.example/, tls: {key_password: a}}", 4, 42, .conflict, "a key and no certificate"),
        .webhook("{url: https://a.example/, tls: {verify: no}}", 4, 50, .wrongType, "true or false"),
        .webhook("{url: https://a.example/, tls: {ca: gone.pem}}", 4, 42, .unreadableFile, "No such file"),
        .webhook("{url: https://a.example/, tls: {ca: contacts.csv}}", 4, 42, .unreadableFile, "no certificate"),
        .webhook("{url: https://a.example/, tls: {ca: ca.pem, verify: false}}", 4, 42, .conflict, "asks none"),
        .webhook("{url: https://a.example/, proxy: p:1}", 4, 43, .badValue, "http://HOST:PORT"),
        .webhook("{url: https://a.example/, proxy: \"http://p\"}", 4, 43, .badValue, "http://HOST:PORT"),
        .webhook("{url: https://a.example/, proxy: \"http://p:70000\"}", 4, 43, .badValue, "http://HOST:PORT"),
        .webhook("{url: https://a.example/, proxy: \"socks4://p:1\"}", 4, 43, .badValue, "http://HOST:PORT"),
        .webhook(
            "{url: https://a.example/, proxy: \"http://u:p@p:1\"}",
            4,
            43,
            .badValue,
            "write the user as `username` and `password`"
        ),
        .webhook(
            "{url: https://a.example/, proxy: {username: u}}",
            4,
            43,
            .missingKey,
            "`webhook.proxy.url` is missing"
        ),
        .webhook(
            "{url: https://a.example/, proxy: {url: \"http://p:1\", password: a}}",
            4,
            63,
            .conflict,
            "a password and no user"
        ),
    ])
    func `a webhook that is not accepted`(_ row: ProblemRow) throws { try check(row) }

    @Test(arguments: [
        ("", 1, JobProblem.Code.syntax, "the file is empty"),
        ("- a", 1, .wrongType, "is a list"),
        ("fanfare: 2\nname: a\naudience: {name: a}\nwebhook: {url: https://a.example/}", 1, .badValue, "1, the only"),
        (
            "fanfare: \"1\"\nname: a\naudience: {name: a}\nwebhook: {url: https://a.example/}", 1, .badValue,
            "1, the only"
        ),
        ("fanfare: 2\nname: a\naudience: {name: a}\nwebhook: {url: https://a.example/}", 1, .badValue, "only version"),
        ("fanfare: 1\nname: \" a\"\naudience: {name: a}\nwebhook: {url: https://a.example/}", 2, .badValue, "spaces"),
        ("fanfare: 1\nname: a/b\naudience: {name: a}\nwebhook: {url: https://a.example/}", 2, .badValue, "is a/b"),
        ("fanfare: 1\nname: 2026\naudience: {name: a}\nwebhook: {url: https://a.example/}", 2, .wrongType, "quotes"),
    ])
    func `the top of a file that is not accepted`(_ text: String, line: Int, code: JobProblem.Code, says: String) throws
    {
        let error = try #require(folder.error(in: text))
        try #require(error.problems.count == 1, "\(error)")
        #expect(error.problems[0].place?.line == line)
        #expect(error.problems[0].code == code)
        #expect(error.description.contains(says), "\(error)")
    }

    @Test func `every required key that is missing is named`() throws {
        let error = try #require(folder.error(in: "delivery: {}"))
        #expect(error.problems.map(\.path) == [["name"], ["audience"], ["webhook"]])
        #expect(error.problems.allSatisfy { $0.code == .missingKey && $0.place == Place(line: 1, column: 1) })
    }
}
