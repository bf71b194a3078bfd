import NIOConcurrencyHelpers

/// What a test's other threads leave for it.
final class Mailbox<Item: Sendable>: Sendable {
    private let items = NIOLockedValueBox<[Item]>([])

    /// All so far, in the order in which they came.
    var all: [Item] { items.withLockedValue { $0 } }

    func post(_ item: Item) { items.withLockedValue { $0.append(item) } }
}
