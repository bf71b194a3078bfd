import Hummingbird
import NIOConcurrencyHelpers

/// Lets in who has a key; who fails too often from one address is kept out for a while.
struct AccessMiddleware: RouterMiddleware {
    typealias Context = APIContext

    let keys: KeyCatalogue
    let failures: FailureLimit
    /// Whether a proxy stands before it, whose word is taken for who asks.
    let isBehindProxy: Bool

    func handle(
        _ request: Request,
        context: APIContext,
        next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        let key = try context.key ?? proven(request, context)
        let needed: KeyScope = request.method == .get || request.method == .head ? .view : .send
        context.trace.key = key.id
        guard key.scope >= needed else { throw Problem.forbidden("the key \(key.id) may only \(key.scope.rawValue)") }
        var context = context
        context.key = key
        return try await next(request, context)
    }

    /// The key that a request proves itself by.
    private func proven(_ request: Request, _ context: APIContext) throws -> APIKey {
        if let header = request.headers[.authorization], let text = Credentials.key(in: header),
            let key = keys.key(of: text)
        {
            return key
        }
        // Who has a key is never kept out for those that have none.
        try noteFailure(request, context)
        throw Problem.invalidKey
    }

    /// Counts a proof that is none, a key's or that of a link which stands for one.
    ///
    /// - Throws: ``Problem`` where too many came from there.
    func noteFailure(_ request: Request, _ context: APIContext) throws {
        let peer = Peer(request, context, isBehindProxy: isBehindProxy).network
        guard failures.admits(peer, now: .now) else { throw Problem.tooManyFailures }
        failures.note(peer, now: .now)
    }
}

/// What came from an address, for example failed proofs: after so many within a time it waits until that is over.
final class FailureLimit: Sendable {
    private struct Window {
        var began: ContinuousClock.Instant
        var count = 0
    }

    private let limit: Int
    private let length: Duration
    /// Addresses that are remembered at most; past it those whose minute is over are forgotten, or else all.
    private static let capacity = 10_000

    private let windows = NIOLockedValueBox<[String: Window]>([:])

    /// - Parameters:
    ///   - limit: How many.
    ///   - length: Within which time.
    init(limit: Int = 20, length: Duration = .seconds(60)) {
        self.limit = limit
        self.length = length
    }

    func admits(_ peer: String, now: ContinuousClock.Instant) -> Bool {
        windows.withLockedValue { windows in
            guard let window = windows[peer], window.began + length > now else { return true }
            return window.count < limit
        }
    }

    func note(_ peer: String, now: ContinuousClock.Instant) {
        windows.withLockedValue { windows in
            if windows.count >= Self.capacity { windows = windows.filter { $0.value.began + length > now } }
            if windows.count >= Self.capacity { windows.removeAll() }
            var window = windows[peer] ?? Window(began: now)
            if window.began + length <= now { window = Window(began: now) }
            window.count += 1
            windows[peer] = window
        }
    }
}
