import FanfareTransport
import NIOConcurrencyHelpers

/// The loops of an engine: their threads, and where each takes its commands.
struct EngineLoops: Sendable {
    let mailboxes: [LoopMailbox]
    private let threads: [LoopThread]

    /// Starts them, all or none.
    ///
    /// - Parameters:
    ///   - count: How many.
    ///   - names: Finds the receivers' addresses.
    ///   - makeLoop: Makes one of them, by its number, on its own thread.
    /// - Throws: What the first that failed threw; by then those before it have ended.
    init(
        _ count: Int,
        names: NameResolver,
        makeLoop: @escaping @Sendable (_ number: Int) throws -> DeliveryLoop
    ) throws {
        var threads: [LoopThread] = []
        var mailboxes: [LoopMailbox] = []
        do {
            for number in 0..<count {
                let start = LoopStart(names: names)
                threads.append(try LoopThread(name: "fanfare-loop-\(number)") { start.run { try makeLoop(number) } })
                mailboxes.append(try start.wait())
            }
        } catch {
            Self.end(threads, mailboxes)
            throw error
        }
        self.threads = threads
        self.mailboxes = mailboxes
    }

    /// Ends them, and waits for it. Every fan-out must have ended.
    func close() { Self.end(threads, mailboxes) }

    private static func end(_ threads: [LoopThread], _ mailboxes: [LoopMailbox]) {
        for mailbox in mailboxes { mailbox.post(.end) }
        for thread in threads { thread.join() }
    }
}

/// Hands a loop's mailbox, or why there is none, from its thread to whoever started it.
private final class LoopStart: Sendable {
    private let names: NameResolver
    private let outcome = NIOLockedValueBox<Result<LoopMailbox, any Error>?>(nil)
    private let signal = Signal()

    init(names: NameResolver) { self.names = names }

    func run(_ makeLoop: () throws -> DeliveryLoop) {
        do {
            let loop = try makeLoop()
            let waker = try loop.makeWaker()
            let mailbox = LoopMailbox(waker: waker)
            let worker = LoopWorker(loop: loop, mailbox: mailbox, waker: waker, names: names)
            settle(.success(mailbox))
            worker.run()
        } catch {
            settle(.failure(error))
        }
    }

    func wait() throws -> LoopMailbox {
        while true {
            if let outcome = outcome.withLockedValue({ $0 }) { return try outcome.get() }
            signal.wait(seconds: 1)
        }
    }

    private func settle(_ result: Result<LoopMailbox, any Error>) {
        outcome.withLockedValue { $0 = result }
        signal.raise()
    }
}
