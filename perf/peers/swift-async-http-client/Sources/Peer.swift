import AsyncHTTPClient
import Glibc
import NIOCore
import NIOPosix

/// AsyncHTTPClient on one event loop: as many tasks as requests are in flight, over one reader. See ../../README.md.
@main
struct Peer {
    let client: HTTPClient
    let reader: ContactReader
    let renderer = Renderer()
    let signer: Signer

    static func main() async {
        do {
            let arguments = try Arguments(CommandLine.arguments.dropFirst())
            raiseFileLimit()
            useOneThread()
            try await deliver(arguments)
        } catch {
            complain("\(error)")
            exit(1)
        }
    }

    /// Has tasks run on the event loop's thread, where else each request changes threads several times.
    private static func useOneThread() {
        NIOSingletons.groupLoopCountSuggestion = 1
        if !NIOSingletons.unsafeTryInstallSingletonPosixEventLoopGroupAsConcurrencyGlobalExecutor() {
            complain("tasks run on threads of their own")
        }
    }

    private static func raiseFileLimit() {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    private static func configuration(inFlight: Int) -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow, decompression: .disabled)
        configuration.httpVersion = .http1Only
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = inFlight
        configuration.connectionPool.idleTimeout = .minutes(5)
        configuration.connectionPool.retryConnectionEstablishment = false
        return configuration
    }

    private static func deliver(_ arguments: Arguments) async throws {
        let client = HTTPClient(
            eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup.singleton),
            configuration: configuration(inFlight: arguments.inFlight))
        let peer = Peer(
            client: client, reader: try ContactReader(path: arguments.contacts, count: arguments.count),
            signer: try Signer(url: arguments.url, secret: arguments.secret))
        let start = NIODeadline.now()
        let tally = try await peer.sendAll(inFlight: arguments.inFlight)
        print(tally.json(seconds: Double((NIODeadline.now() - start).nanoseconds) / 1e9))
        try await client.shutdown()
    }

    private func sendAll(inFlight: Int) async throws -> Tally {
        try await withThrowingTaskGroup(of: Tally.self) { group in
            for _ in 0..<inFlight { group.addTask { try await sendOneByOne() } }
            return try await group.reduce(into: Tally()) { $0.add($1) }
        }
    }

    private func sendOneByOne() async throws -> Tally {
        var tally = Tally()
        while let contact = reader.next() {
            let body = try renderer.body(for: contact)
            let request = signer.request(number: contact.number, body: body)
            let start = NIODeadline.now()
            let ok = await post(request)
            tally.add(ok: ok, microseconds: (NIODeadline.now() - start).nanoseconds / 1000)
        }
        return tally
    }

    /// The client's future of a whole response is cheaper than its asynchronous call, which makes a task and an actor
    /// for each request.
    private func post(_ request: HTTPClient.Request) async -> Bool {
        do {
            let response = try await client.execute(request: request, deadline: .now() + .seconds(30)).get()
            return (200..<300).contains(response.status.code)
        } catch {
            return false
        }
    }
}

/// Writes a line to standard error; C's `stderr` is a variable, which Swift lets no concurrent code touch.
private func complain(_ text: String) {
    var line = "peer: \(text)\n"
    line.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
}
