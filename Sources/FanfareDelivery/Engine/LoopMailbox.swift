import FanfareTransport
import NIOConcurrencyHelpers

/// Orders to a loop from other threads.
final class LoopMailbox: Sendable {
    enum Command {
        case add(FanOut)
        case remove(FanOut)
        case end
    }

    private let commands = NIOLockedValueBox<[Command]>([])
    private let waker: Waker

    init(waker: Waker) { self.waker = waker }

    /// Any thread: leaves an order and wakes the loop.
    func post(_ command: Command) {
        commands.withLockedValue { $0.append(command) }
        waker.wake()
    }

    /// Any thread: has the loop look around now.
    func wake() { waker.wake() }

    /// The loop's thread.
    func take() -> [Command] {
        commands.withLockedValue { commands in
            if commands.isEmpty { return [] }
            defer { commands = [] }
            return commands
        }
    }
}
