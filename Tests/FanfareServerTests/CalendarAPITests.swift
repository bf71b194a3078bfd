import Fanfare
import FanfareDelivery
import FanfareTesting
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Testing

@testable import FanfareServer

/// The calendar, its links and the account over HTTP, and what commands ask over the daemon's socket.
@Suite struct CalendarAPITests {
    private typealias Object = [String: Any]

    /// The interface of a data directory of its own, asked without a connection.
    private struct Fixture {
        let daemon: Daemon
        let responder: any HTTPResponder<APIContext>
        let keys: [KeyScope: String]

        /// Has a body ask, and takes everything away again.
        static func with(_ body: (Fixture) async throws -> Void) async throws {
            try await withTemporaryFolder { folder in
                let daemon = try Daemon(try Installation.own(folder.path("data")))
                let catalogue = try KeyCatalogue(daemon.installation.catalogue)
                let router = Server.router(daemon, keys: catalogue, BatchDesk(daemon), nil, isBehindProxy: false)
                let keys = try KeyScope.allCases.map { scope in
                    (scope, try #require(try catalogue.create(name: "us1", scope: scope, now: 1)))
                }
                let fixture = Fixture(
                    daemon: daemon,
                    responder: HeadAnswer(next: router.buildResponder()),
                    keys: Dictionary(uniqueKeysWithValues: keys)
                )
                do { try await body(fixture) } catch {
                    try await daemon.close()
                    throw error
                }
                try await daemon.close()
            }
        }

        /// - Parameter scope: Of the key that asks; nil: none.
        func ask(
            _ method: HTTPRequest.Method,
            _ path: String,
            _ body: String = "",
            as scope: KeyScope? = .admin,
            headers: HTTPFields = [:]
        ) async throws -> (status: Int, headers: HTTPFields, body: String) {
            var headers = headers
            if let scope { headers[.authorization] = "Bearer \(keys[scope] ?? "")" }
            let head = HTTPRequest(
                method: method,
                scheme: "http",
                authority: "news.example.com",
                path: path,
                headerFields: headers
            )
            let request = Request(head: head, body: RequestBody(buffer: ByteBuffer(string: body)))
            let context = APIContext(logger: Logger(label: "test"))
            let response = try await responder.respond(to: request, context: context)
            return (response.status.code, response.headers, String(buffer: try await response.collected(upTo: .max)))
        }

        func object(_ text: String) throws -> Object {
            try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? Object)
        }

        /// A fan-out that starts in an hour.
        func plan(_ id: String = "0123456789") throws {
            var record = FanOutRecord(
                id: id,
                name: "news \(id)",
                run: 1,
                identity: "0",
                state: .scheduled,
                audience: "abcdefabcd",
                jobFingerprint: "",
                contactsFingerprint: "",
                createdAt: currentUnixTime()
            )
            record.plannedAt = currentUnixTime() + 3600
            try daemon.installation.fanOuts().save(record)
        }
    }

    // MARK: The calendar

    @Test func `the calendar by range`() async throws {
        try await Fixture.with { fixture in
            try fixture.plan()
            let now = currentUnixTime()
            let times = [now, now + 86_400].map { Date(timeIntervalSince1970: TimeInterval($0)).formatted(.iso8601) }
            let range = "from=\(times[0])&to=\(times[1])"
            let answer = try await fixture.ask(.get, "/v1/calendar?\(range)", as: .view)
            #expect(answer.status == 200, "\(answer.body)")
            let entries = try #require(try fixture.object(answer.body)["entries"] as? [Object])
            #expect(entries.count == 1 && entries[0]["kind"] as? String == "job")
            #expect(entries[0]["title"] as? String == "news 0123456789")
            #expect(entries[0]["state"] as? String == "scheduled")
            #expect(entries[0]["path"] as? String == "/v1/fan-outs/0123456789")
        }
    }

    @Test(arguments: [
        "", "?from=2026-01-01T00:00:00Z", "?from=x&to=2026-01-01T00:00:00Z",
        "?from=2026-01-01T00:00:00Z&to=2026-01-01T00:00:00Z", "?from=2026-01-01T00:00:00Z&to=2027-03-01T00:00:00Z",
    ])
    func `a range that is none is refused`(query: String) async throws {
        try await Fixture.with { fixture in
            let answer = try await fixture.ask(.get, "/v1/calendar\(query)")
            #expect(answer.status == 400 && answer.body.contains("errors"), "\(answer.body)")
        }
    }

    // MARK: Links

    @Test func `a link shows the calendar to who has no key, until it is deleted`() async throws {
        try await Fixture.with { fixture in
            try fixture.plan()
            #expect(try await fixture.ask(.post, "/v1/calendar/feeds", #"{"name": "Team"}"#, as: .view).status == 403)
            let made = try await fixture.ask(.post, "/v1/calendar/feeds", #"{"name": "Team"}"#, as: .send)
            #expect(made.status == 201, "\(made.body)")
            let object = try fixture.object(made.body)
            let (path, id) = try #require((object["path"] as? String, object["id"] as? String) as? (String, String))
            #expect(object["url"] as? String == "http://news.example.com\(path)")
            #expect((object["created_by"] as? String)?.hasPrefix("key ") == true)
            let token = try #require(path.split(separator: "/").last).dropLast(4)

            let feed = try await fixture.ask(.get, path, as: nil)
            #expect(feed.status == 200 && feed.headers[.contentType] == "text/calendar; charset=utf-8")
            #expect(feed.body.hasPrefix("BEGIN:VCALENDAR\r\n") && feed.body.contains("SUMMARY:news 0123456789\r\n"))
            #expect(feed.headers[.cacheControl]?.contains("private") == true)
            let head = try await fixture.ask(.head, path, as: nil)
            #expect(head.status == 200 && head.body.isEmpty && head.headers[.eTag] == feed.headers[.eTag])

            // Neither is it shown again, nor does it stand in the catalogue.
            let list = try await fixture.ask(.get, "/v1/calendar/feeds", as: .view)
            #expect(list.status == 200 && list.body.contains(#""name":"Team""#) && !list.body.contains(token))
            let catalogue = fixture.daemon.installation.directory.cataloguePath
            for file in [catalogue, catalogue + "-wal"] where FileManager.default.fileExists(atPath: file) {
                let stored = try Data(contentsOf: URL(fileURLWithPath: file))
                #expect(stored.firstRange(of: Data(token.utf8)) == nil)
            }

            #expect(try await fixture.ask(.delete, "/v1/calendar/feeds/\(id)", as: .send).status == 204)
            #expect(try await fixture.ask(.get, path, as: nil).status == 404)
            #expect(try await fixture.ask(.delete, "/v1/calendar/feeds/\(id)", as: .send).status == 404)
        }
    }

    @Test func `who has the calendar as it is gets nothing, who has an older one gets it`() async throws {
        try await Fixture.with { fixture in
            let made = try await fixture.ask(.post, "/v1/calendar/feeds", #"{"name": "Team"}"#)
            let path = try #require(try fixture.object(made.body)["path"] as? String)
            let first = try await fixture.ask(.get, path, as: nil)
            let tag = try #require(first.headers[.eTag])
            let modified = try #require(first.headers[.lastModified])
            #expect(modified.contains(/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/))
            for headers in [[.ifNoneMatch: tag], [.ifNoneMatch: "W/\(tag), \"x\""], [.ifModifiedSince: modified]]
                as [HTTPFields]
            {
                let same = try await fixture.ask(.get, path, as: nil, headers: headers)
                #expect(same.status == 304 && same.body.isEmpty && same.headers[.eTag] == tag)
            }
            try fixture.plan()
            for headers in [[.ifNoneMatch: tag], [.ifModifiedSince: modified]] as [HTTPFields] {
                let changed = try await fixture.ask(.get, path, as: nil, headers: headers)
                #expect(changed.status == 200 && changed.headers[.eTag] != tag)
                #expect(changed.headers[.lastModified] != modified)
            }
        }
    }

    @Test func `links that are none count as wrong keys do`() async throws {
        try await Fixture.with { fixture in
            let made = try await fixture.ask(.post, "/v1/calendar/feeds", #"{"name": "Team"}"#)
            let path = try #require(try fixture.object(made.body)["path"] as? String)
            var statuses: [Int] = []
            for number in 0..<21 {
                let guess = number == 0 ? "x" : String(repeating: "0", count: 32) + ".ics"
                statuses.append(try await fixture.ask(.get, "/calendar/\(guess)", as: nil).status)
            }
            #expect(statuses == Array(repeating: 404, count: 20) + [429])
            // Nobody is kept out who has a link, or a key.
            #expect(try await fixture.ask(.get, path, as: nil).status == 200)
            #expect(try await fixture.ask(.get, "/v1/account").status == 200)
            let wrong: HTTPFields = [.authorization: "Bearer wrong-us1"]
            #expect(try await fixture.ask(.get, "/v1/account", as: nil, headers: wrong).status == 429)
        }
    }

    @Test(arguments: [#"{}"#, #"{"name": ""}"#, #"{"name": 1}"#, #"{"name": "a", "token": "b"}"#, "x"])
    func `a link needs a name, and has no more`(body: String) async throws {
        try await Fixture.with { fixture in
            let answer = try await fixture.ask(.post, "/v1/calendar/feeds", body)
            #expect(answer.status == 400)
        }
    }

    @Test func `a moment as HTTP writes it`() {
        #expect(HTTPDate.text(784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(HTTPDate.text(0) == "Thu, 01 Jan 1970 00:00:00 GMT")
        #expect(HTTPDate.text(1_795_766_400) == "Fri, 27 Nov 2026 08:00:00 GMT")
    }

    // MARK: The account

    @Test func `the account's settings are changed one by one, by who may do all`() async throws {
        try await Fixture.with { fixture in
            let first = try await fixture.ask(.get, "/v1/account", as: .view)
            #expect(try fixture.object(first.body)["plan"] as? String == "premium")
            #expect(try await fixture.ask(.patch, "/v1/account", #"{"plan": "free"}"#, as: .send).status == 403)
            let changed = try await fixture.ask(.patch, "/v1/account", #"{"time_zone": "Europe/Paris"}"#)
            #expect(changed.body == #"{"plan":"premium","time_zone":"Europe/Paris"}"#)
            let other = try await fixture.ask(.patch, "/v1/account", #"{"plan": "essentials"}"#)
            #expect(other.body == #"{"plan":"essentials","time_zone":"Europe/Paris"}"#)
            for body in [#"{"plan": "gold"}"#, #"{"time_zone": "EST"}"#, #"{"zone": "UTC"}"#, #"{"plan": null}"#] {
                #expect(try await fixture.ask(.patch, "/v1/account", body).status == 400, "\(body)")
            }
            let audience = try await fixture.ask(.get, "/3.0/")
            #expect(audience.body.contains(#""account_timezone":"Europe/Paris""#))
        }
    }

    // MARK: Over the socket

    @Test func `a command's request is answered as over HTTP, and named by its user`() async throws {
        try await Fixture.with { fixture in
            let local = LocalAPI(api: fixture.responder, logger: Logger(label: "test"))
            func ask(_ call: APICall) async -> ControlAnswer { await local.answer(ControlRequest(.api, call: call)) }
            let made = await ask(APICall("POST", "/v1/calendar/feeds", body: #"{"name": "Team"}"#, by: "anna"))
            #expect(made.refusal == nil && made.reply?.status == 201, "\(made)")
            let object = try fixture.object(made.reply?.body ?? "")
            #expect(object["created_by"] as? String == "operator anna" && object["url"] is NSNull)
            let missing = await ask(APICall("GET", "/v1/nothing", by: "anna"))
            #expect(missing.reply?.status == 404 && missing.reply?.body.contains("Resource Not Found") == true)
            for path in ["/3.0/lists", "/metrics", "v1/account", "/v1"] {
                #expect(await ask(APICall("GET", path, by: "anna")).refusal == .malformed, "\(path)")
            }
            #expect(await local.answer(ControlRequest(.api)).refusal == .malformed)
            fixture.daemon.audit.flush()
            let entries = try AuditLog.entries(in: fixture.daemon.installation.catalogue, limit: 10)
            #expect(entries.map(\.actor) == ["operator anna"] && entries[0].action == "POST /v1/calendar/feeds")
        }
    }

    @Test func `the daemon takes such requests on its socket`() async throws {
        try await Fixture.with { fixture in
            let link = ControlLink(dataDirectory: fixture.daemon.installation.directory.path)
            let call = APICall("GET", "/v1/account", by: "anna")
            let local = LocalAPI(api: fixture.responder, logger: Logger(label: "test"))
            fixture.daemon.takeLate([.api]) { await local.answer($0) }
            let answer = try await link.ask(ofInterface: call)
            #expect(answer.reply?.status == 200 && answer.reply?.body.contains("premium") == true)
        }
    }

    @Test func `without a daemon it is said that one is needed`() async throws {
        try await withTemporaryFolder { folder in
            _ = try Installation.own(folder.path("data"))
            let link = ControlLink(dataDirectory: folder.path("data"))
            let answer = try await link.ask(ofInterface: APICall("GET", "/v1/account", by: "anna"))
            #expect(answer.refusal == .unknown && answer.message.contains("fanfare serve"))
        }
    }
}
