import FanfareAudience
import FanfareCampaigns
import FanfareJob
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle

/// Does the operations of batches, one after the other, as if the key that asked for them had sent each.
///
/// What keeps a result from being written is logged, and writing it tried again: nothing further is done before.
struct BatchRunner: Service {
    /// Between two looks for batches that ended long ago.
    private static let sweep: Duration = .seconds(3600)
    /// Before what failed is tried again.
    private static let pause: Duration = .seconds(1)

    let desk: BatchDesk
    let api: any HTTPResponder<APIContext>
    let keys: KeyCatalogue
    let logger: Logger

    func run() async throws {
        // The operation under way is done to its end, and its result is written.
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await sweepNowAndThen() }
                desk.ring()
                for await _ in desk.bell { await work() }
                group.cancelAll()
            }
        }
    }

    private func sweepNowAndThen() async {
        while !Task.isCancelled {
            await retrying("old batches cannot be forgotten") { [book = desk.book] in
                try await onDisk { try book.purge(now: currentUnixTime()) }
            }
            do { try await Task.sleep(for: Self.sweep) } catch { return }
        }
    }

    /// Until nothing is left to do.
    private func work() async {
        let book = desk.book
        while !Task.isCancelled {
            let next = await retrying("batches cannot be read") {
                try await onDisk { try book.next(now: currentUnixTime()) }
            }
            // Nothing is left, or it is to end.
            guard case let task?? = next else { return }
            let (status, response) = await result(of: task)
            let isFinished = await retrying("the result of an operation cannot be written") {
                try await onDisk { try book.finish(task, status: status, response: response, now: currentUnixTime()) }
            }
            if isFinished ?? false { desk.webhooks.pull() }
        }
    }

    /// Tries until it succeeds, or it is to end.
    @discardableResult
    private func retrying<Value: Sendable>(
        _ failure: Logger.Message,
        _ body: () async throws -> Value
    ) async -> Value? {
        var isTold = false
        while true {
            do {
                return try await body()
            } catch {
                if !isTold { logger.error(failure, metadata: ["error": "\(error)"]) }
                isTold = true
            }
            do { try await Task.sleep(for: Self.pause) } catch { return nil }
        }
    }

    private func result(of task: BatchTask) async -> (status: Int, response: String) {
        var logger = logger
        logger[metadataKey: "hb.request.id"] = "batch-\(task.batch.id)-\(task.ordinal)"
        let request = Self.request(task)
        var context = APIContext(logger: logger)
        do {
            // One that was revoked meanwhile may do nothing any more.
            guard let key = keys.key(id: task.batch.key) else { throw Problem.invalidKey }
            context.key = key
            let response = try await api.respond(to: request, context: context)
            return (response.status.code, String(buffer: try await response.collected(upTo: .max)))
        } catch {
            let problem = Problem(error)
            return (problem.status.code, problem.body(id: "").compact)
        }
    }

    private static func request(_ task: BatchTask) -> Request {
        let operation = task.operation
        let head = HTTPRequest(
            method: HTTPRequest.Method(operation.method) ?? .get,
            scheme: "http",
            authority: nil,
            path: "/3.0" + operation.path,
            headerFields: [.contentType: "application/json"]
        )
        return Request(head: head, body: RequestBody(buffer: ByteBuffer(string: operation.body ?? "")))
    }
}
