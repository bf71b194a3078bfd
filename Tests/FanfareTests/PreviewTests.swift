import Fanfare
import FanfareTesting
import Foundation
import Testing

@Suite("A preview is what is sent")
struct PreviewTests {
    /// Webhooks whose URL has PORT for the receiver's.
    static let webhooks = [
        #"{url: "http://127.0.0.1:PORT/v2/messages", data: {to: "*|EMAIL|*", n: 1}}"#,
        #"{url: "http://127.0.0.1:PORT/a?to=*|EMAIL|*&d=1", data: {to: "*|EMAIL|*"}, signing: {secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw}}"#,
        #"{url: "http://127.0.0.1:PORT?q=*|EMAIL|*", method: GET, headers: {Accept: "text/plain"}}"#,
        #"{url: "http://127.0.0.1:PORT?q=1", method: GET}"#,
        #"{url: "http://127.0.0.1:PORT/a?", method: DELETE}"#,
        #"{url: "http://127.0.0.1:PORT", method: PUT, content_type: form, data: {a: {b: "*|EMAIL|*"}, c: "d e"}}"#,
        #"{url: "http://127.0.0.1:PORT/", content_type: multipart, data: {a: "*|EMAIL|*"}}"#,
        #"{url: "http://127.0.0.1:PORT/a/../b/./c?x=%41&y=é", content_type: raw, data: "é *|EMAIL|*\n\n"}"#,
        #"{url: "http://0x7f.1:PORT/", data: "*|DELIVERY_ID|*"}"#,
        #"{url: "http://LocalHost:PORT/", data: []}"#,
        #"{url: "http://127.0.0.1:PORT/", auth: {username: u, password: "pass word"}, headers: {X-Empty: "", X-Who: "*|EMAIL|*", User-Agent: "me/1"}, data: 1}"#,
        #"{url: "http://127.0.0.1:PORT/", auth: {bearer: abc.def}, content_type: raw, data: "\#(String(repeating: "x", count: 200_000))"}"#,
    ]

    /// The bytes with what differs from one run to the next made alike; a body's boundary and id are among it.
    private func normalised(_ bytes: [UInt8]) -> String {
        String(decoding: bytes, as: UTF8.self)
            .replacing(/[a-z2-7]{26}/, with: "ID")
            .replacing(/webhook-timestamp: [0-9]{10}\r\n/, with: "webhook-timestamp: T\r\n")
            .replacing(/webhook-signature: v1,[A-Za-z0-9+\/=]{44}\r\n/, with: "webhook-signature: S\r\n")
    }

    @Test("byte for byte, but for id, timestamp and signature", arguments: webhooks.indices)
    func exact(index: Int) async throws {
        let receiver = try RawReceiver()
        defer { receiver.stop() }
        let webhook = Self.webhooks[index].replacing("PORT", with: String(receiver.port))
        try await withTemporaryFolder { folder in
            let job = "audience: {import: contacts.csv}\nwebhook: \(webhook)\ndelivery: {retries: []}\n"
            let tried = try JobUnderTest(folder, job, addresses: ["ada@example.com"])
            let loaded = try JobFile.load(path: folder.path("job.yaml"), environment: ["TZ": "UTC"])
            let preview = try JobPreview(loaded, contact: "ADA@example.com", dataDirectory: tried.data)
            _ = try await tried.run()
            let sent = try #require(receiver.received.first)
            #expect(receiver.received.count == 1)
            let request = try #require(preview.requests.first)
            // Not the whole of a large body, should they differ.
            let (shown, seen) = (normalised(request.bytes), normalised(sent))
            #expect(shown.prefix(2000) == seen.prefix(2000))
            #expect(shown == seen, "\(shown.utf8.count) bytes shown, \(seen.utf8.count) sent")
        }
    }

    @Test("its signature is one of the bytes it shows")
    func signature() async throws {
        try await withTemporaryFolder { folder in
            var fixture = try RunFixture(folder, contacts: ["ada"])
            let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
            fixture.job = fixture.job.replacing("{url:", with: "{signing: {secret: \(secret)}, url:")
            let request = try #require(
                try JobPreview(fixture.load(), contact: nil, dataDirectory: fixture.data).requests.first
            )
            let headers = Dictionary(
                request.headers.map { ($0.name, String(decoding: $0.value, as: UTF8.self)) }
            ) { first, _ in first }
            #expect(headers["webhook-id"] == request.id.description)
            let verifier = try WebhookVerifier(secrets: [Secret(secret)])
            let verdict = request.body.withUnsafeBytes { body in
                verifier.verify(
                    id: headers["webhook-id"] ?? "",
                    timestamp: headers["webhook-timestamp"] ?? "",
                    signature: headers["webhook-signature"] ?? "",
                    body: body,
                    now: request.unixTime
                )
            }
            #expect(verdict == .valid)
        }
    }

    @Test("it leaves nothing behind, and makes no data directory", arguments: [nil, "b@example.com"])
    func leavesNothing(contact: String?) async throws {
        try await withTemporaryFolder { folder in
            let fixture = try RunFixture(folder)
            let job = try fixture.load()
            let before = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
            let preview = try JobPreview(job, contact: contact, count: 2, dataDirectory: fixture.data)
            #expect(preview.requests.map(\.address) == (contact.map { [$0] } ?? ["a@example.com", "b@example.com"]))
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == before)
        }
    }

    private func reason(
        _ address: String,
        audience: String = "",
        webhook: String = "",
        rows: String
    ) async throws -> String? {
        try await withTemporaryFolder { folder in
            try folder.write("email,NAME,tags,status\n" + rows, to: "contacts.csv")
            let url = "http://127.0.0.1:9/*|NAME|*"
            try folder.write(
                """
                fanfare: 1
                name: who
                audience: {import: contacts.csv\(audience)}
                webhook: {url: "\(url)", headers: {X-Name: "*|NAME|*"}, data: 1\(webhook)}

                """,
                to: "job.yaml"
            )
            let job = try JobFile.load(path: folder.path("job.yaml"), environment: ["TZ": "UTC"])
            let preview = try JobPreview(job, contact: address, dataDirectory: folder.path("data"))
            #expect(preview.requests.isEmpty == (preview.passedOverCount == 1))
            return preview.passedOver.first?.reason
        }
    }

    @Test("it says why a contact would get nothing")
    func reasons() async throws {
        let rows =
            "a@b.c,Ada,,unsubscribed\nd@b.c,,x,subscribed\ne@b.c,..,,subscribed\n"
            + "\"f@b.c\",\"F\ng\",,subscribed\n"
        #expect(try await reason("a@b.c", rows: rows)?.contains("is unsubscribed") == true)
        #expect(try await reason("e@b.c", rows: rows)?.contains("a path segment") == true)
        #expect(try await reason("f@b.c", rows: rows)?.contains("control character into X-Name") == true)
        #expect(try await reason("d@b.c", webhook: ", require: [NAME]", rows: rows)?.contains("wants NAME") == true)
        #expect(try await reason("d@b.c", rows: rows) == nil)
    }

    @Test("also where only the rest of the file has the tag that is asked for")
    func tagOfOthers() async throws {
        let rows = "a@b.c,Ada,,\nd@b.c,Dan,vip,\n"
        #expect(try await reason("a@b.c", audience: ", tag: vip", rows: rows)?.contains("\"vip\"") == true)
        #expect(try await reason("d@b.c", audience: ", tag: vip", rows: rows) == nil)
        // A tag that nobody has stays an error of the job.
        await #expect(throws: JobError.self) { _ = try await reason("a@b.c", audience: ", tag: vop", rows: rows) }
    }

    @Test("an address that is not there, or whose row was rejected, is an error that says so")
    func unknown() async throws {
        let rows = "a@b.c,Ada,,\nbad@b.c,too,many,subscribed,cells\n"
        let missing = await #expect(throws: JobRunError.self) { _ = try await reason("x@b.c", rows: rows) }
        #expect(missing?.code == .unknownContact)
        #expect(missing?.message.contains("no contact x@b.c") == true)
        let rejected = await #expect(throws: JobRunError.self) { _ = try await reason("bad@b.c", rows: rows) }
        #expect(rejected?.message.contains("contacts.csv:3: the row has 5 cells") == true)
    }

    @Test("a later row of the same address counts, as in a run")
    func repeated() async throws {
        try await withTemporaryFolder { folder in
            try folder.write("email,NAME\na@b.c,Old\nx@y.z,X\nA@B.C,New\n", to: "contacts.csv")
            let text =
                "fanfare: 1\nname: who\naudience: {import: contacts.csv}\n"
                + "webhook: {url: \"http://127.0.0.1:9/\", data: \"*|NAME|*\"}\n"
            try folder.write(text, to: "job.yaml")
            let job = try JobFile.load(path: folder.path("job.yaml"), environment: ["TZ": "UTC"])
            let preview = try JobPreview(job, contact: "a@b.c", dataDirectory: folder.path("data"))
            #expect(preview.requests.map { String(decoding: $0.body, as: UTF8.self) } == ["\"New\""])
        }
    }
}
