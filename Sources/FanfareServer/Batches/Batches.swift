import Fanfare
import FanfareAudience
import FanfareCampaigns
import FanfareJob
import FanfarePayload
import HTTPTypes
import Hummingbird
import NIOCore

/// Batches: requests of this interface that are done one after the other, while nobody waits.
extension MarketingAPI {
    func addBatches(to root: RouterGroup<APIContext>) {
        root.get("/batches") { request, _ in
            let page = try request.page()
            let book = batches.book
            let found = try await onDisk { try book.batches(offset: page.offset, count: page.count) }
            return try JSONAnswer.make(
                .object([
                    "batches": .array(found.batches.map { json($0, request) }), "total_items": .whole(found.total),
                    "_links": [],
                ]),
                for: request
            )
        }
        root.post("/batches") { request, context in try await addBatch(request, context) }
        root.get("/batches/{batch_id}") { request, context in
            let (book, id) = (batches.book, try context.part("batch_id"))
            guard let batch = try await onDisk({ try book.batch(id) }) else { throw Problem.notFound }
            return try JSONAnswer.make(json(batch, request), for: request)
        }
        root.delete("/batches/{batch_id}") { _, context in
            let (book, id) = (batches.book, try context.part("batch_id"))
            guard try await onDisk({ try book.remove(id) }) else { throw Problem.notFound }
            return JSONAnswer.none
        }
    }

    private func addBatch(_ request: Request, _ context: APIContext) async throws -> Response {
        guard let key = context.key, !context.isBatched else {
            throw Problem.invalidAction("A batch cannot ask for batches.")
        }
        let operations = try await request.decode(BatchInput.self, context).checked()
        let (book, origin) = (batches.book, request.origin)
        let batch = try await onDisk {
            try book.add(operations, key: key.id, origin: origin, now: currentUnixTime())
        }
        batches.ring()
        return try JSONAnswer.make(json(batch, request), for: request)
    }

    private func json(_ batch: Batch, _ request: Request) -> JSONValue {
        let link =
            batch.state == .finished ? request.origin + batches.links.link(to: batch.id, now: currentUnixTime()) : ""
        return .object([
            "id": .string(batch.id), "status": .string(batch.state.rawValue), "total_operations": .whole(batch.total),
            "finished_operations": .whole(batch.finished), "errored_operations": .whole(batch.errored),
            "submitted_at": .time(batch.submitted), "completed_at": .time(batch.completed),
            "response_body_url": .string(link), "_links": [],
        ])
    }
}

extension Request {
    /// Under which scheme, host and port it was sent: what a link in its answer begins with.
    var origin: String {
        let isHost = { (text: String) in
            !text.isEmpty && text.utf8.count <= 255
                && text.utf8.allSatisfy { byte in
                    switch byte {
                    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
                        UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"):
                        true
                    default: false
                    }
                }
        }
        let host = head.authority.flatMap { isHost($0) ? $0 : nil } ?? "localhost"
        // A proxy that speaks TLS says so; who lies about it is lied to.
        let name = HTTPField.Name("X-Forwarded-Proto")
        let scheme = name.flatMap { headers[$0] }?.lowercased() == "https" || head.scheme == "https" ? "https" : "http"
        return "\(scheme)://\(host)"
    }
}

/// The results of a batch as an archive: files of JSON, each a list of what operations came to.
enum BatchResults {
    /// Answers who has a link that is good; nobody needs a key.
    static func add(to router: Router<APIContext>, _ desk: BatchDesk) {
        router.get("\(BatchLinks.path)/{batch_id}") { request, context in
            let id = try context.part("batch_id")
            let isGood = desk.links.admits(
                id,
                expires: request.value("expires"),
                signature: request.value("signature"),
                now: currentUnixTime()
            )
            guard isGood else {
                throw Problem.forbidden("This link is not good any more; GET /3.0/batches/{batch_id} gives another.")
            }
            let book = desk.book
            guard let batch = try await onDisk({ try book.batch(id) }) else { throw Problem.notFound }
            var headers = HTTPFields()
            headers[.contentType] = "application/gzip"
            headers[.contentDisposition] = "attachment; filename=\"\(id)-response.tar.gz\""
            headers[.cacheControl] = "no-store"
            return Response(status: .ok, headers: headers, body: body(of: batch, book))
        }
    }

    private static func body(of batch: Batch, _ book: BatchBook) -> ResponseBody {
        ResponseBody { writer in
            let tar = try GzippedTar()
            var (last, number) = (-1, 0)
            while true {
                let known = last
                let results = try await onDisk { try book.results(of: batch.id, after: known) }
                guard let next = results.last?.ordinal else { break }
                let text = JSONValue.array(results.map(json)).compact
                try tar.add("\(batch.id)/\(number).json", Array(text.utf8), time: batch.completed ?? batch.submitted)
                (last, number) = (next, number + 1)
                try await writer.write(ByteBuffer(bytes: tar.take()))
            }
            try tar.finish()
            try await writer.write(ByteBuffer(bytes: tar.take()))
            try await writer.finish(nil)
        }
    }

    private static func json(_ result: BatchResult) -> JSONValue {
        .object([
            "status_code": .whole(result.status), "operation_id": .string(result.operation),
            "response": .string(result.response),
        ])
    }
}
