import NIOConcurrencyHelpers

/// How many requests wait for their reply, over all connections of a receiver.
final class ExchangeCount: Sendable {
    private let counts = NIOLockedValueBox((open: 0, peak: 0))

    var open: Int { counts.withLockedValue { $0.open } }
    var peak: Int { counts.withLockedValue { $0.peak } }

    func begin() {
        counts.withLockedValue { counts in
            counts.open += 1
            counts.peak = max(counts.peak, counts.open)
        }
    }

    func end() { counts.withLockedValue { $0.open -= 1 } }
}
