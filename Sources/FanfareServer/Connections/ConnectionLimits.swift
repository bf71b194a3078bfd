import NIOConcurrencyHelpers
import NIOCore

/// What one connection may do, and how many there may be.
struct ConnectionLimits: Sendable {
    /// Connections that are open at a time; more wait in the kernel's queue until one is closed.
    static let connections = 1024
    /// Of these, from one address: nobody takes all of them.
    static let connectionsOfOneAddress = 512
    /// Bytes of one field of a head, and of all of them.
    static let (headField, head) = (16 << 10, 32 << 10)
    /// Fields of a head.
    static let headFields = 100

    /// Within which the first head must have come.
    var firstHead: TimeAmount = .seconds(10)
    /// Within which the next head must have come, after an answer.
    var nextHead: TimeAmount = .seconds(60)
    /// Within which a body must have come, after its head.
    var body: TimeAmount = .seconds(60)
    /// Within which a client takes the next piece of its answer.
    var answer: TimeAmount = .seconds(30)
}

/// How many connections each address has open. Any thread.
final class ConnectionTable: Sendable {
    private let counts = NIOLockedValueBox<[String: Int]>([:])
    private let limit: Int

    /// - Parameter limit: Connections of one address.
    init(limit: Int) { self.limit = limit }

    /// Takes leave for one more; ``close(_:)`` gives it back.
    ///
    /// - Returns: False when the address has as many as it may have.
    func open(_ address: String) -> Bool {
        counts.withLockedValue { counts in
            let count = counts[address] ?? 0
            guard count < limit else { return false }
            counts[address] = count + 1
            return true
        }
    }

    func close(_ address: String) {
        counts.withLockedValue { counts in
            let count = (counts[address] ?? 1) - 1
            counts[address] = count > 0 ? count : nil
        }
    }
}
