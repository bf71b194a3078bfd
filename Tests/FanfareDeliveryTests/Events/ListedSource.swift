import NIOConcurrencyHelpers

@testable import FanfareDelivery

/// A change log that a test writes.
final class ListedSource: EventSource {
    private struct Failure: Error {}

    private struct State {
        var contacts: [Int64] = []
        var fails = false
        var suppresses = false
        var awaits = false
        var suppressed: Set<Int64> = []
    }

    private let state = NIOLockedValueBox(State())

    func add(contacts: [Int64]) { state.withLockedValue { $0.contacts += contacts } }
    func fails(_ fails: Bool) { state.withLockedValue { $0.fails = fails } }
    /// Those that follow are awaited, and of contacts that are suppressed.
    func suppresses(_ suppresses: Bool) {
        state.withLockedValue { ($0.suppresses, $0.awaits) = (suppresses, suppresses) }
    }
    func awaits(_ awaits: Bool) { state.withLockedValue { $0.awaits = awaits } }

    func events(after change: Int64) throws -> EventSupply {
        let state = state.withLockedValue { $0 }
        if state.fails { throw Failure() }
        let next = state.contacts.enumerated().dropFirst(Int(change)).prefix(2)
        let events = next.map { index, contact in
            var event = NewEvent(
                endpoint: "a",
                contact: contact,
                change: Int64(index + 1),
                kind: 1,
                created: Int64(100 + index),
                body: Array("body \(index + 1)".utf8)
            )
            (event.isSuppressed, event.isAwaited) = (state.suppresses, state.awaits)
            return event
        }
        let last = events.last?.change ?? change
        return EventSupply(events: events, change: last, hasMore: last < state.contacts.count)
    }

    func suppress(contact: Int64) { state.withLockedValue { _ = $0.suppressed.insert(contact) } }

    func suppressed(among contacts: Set<Int64>) throws -> Set<Int64> {
        contacts.intersection(state.withLockedValue { $0.suppressed })
    }

    func isTakenOver(upTo change: Int64) {}
}
