import FanfareAudience
import FanfareDelivery
import FanfareStore
import GRDB
import NIOConcurrencyHelpers

/// Makes the events of an audience's webhooks out of its change log.
///
/// Reads over a connection of its own, so that it waits for no writer. What stands in the events' ledger it lets the
/// audience forget, now and then: a write there for every commit here would cost more than the log's space.
final class ChangeFeed: EventSource {
    /// Under which the change log knows it, and the ledger how far it has read.
    static let name = "webhooks"
    /// Changes that are taken over before the log is cut.
    private static let slack: Int64 = 1000
    /// Events of a piece, where every webhook is told of every change.
    private static let piece = 1024

    private let reader: Audience
    private let writer: GroupCommit
    private let suppression: SuppressionList?
    private let webhooks = NIOLockedValueBox<[AudienceWebhook]>([])
    /// The last change that was taken over, and the last up to which the log was cut.
    private let taken = NIOLockedValueBox<(last: Int64, cut: Int64)>((0, 0))

    /// - Parameters:
    ///   - reader: The audience, opened to be read.
    ///   - writer: Of the same audience.
    ///   - suppression: Of whom nobody is told; nil: all are told of.
    init(reader: Audience, writer: GroupCommit, suppression: SuppressionList? = nil) {
        self.suppression = suppression
        self.reader = reader
        self.writer = writer
    }

    /// Those that are told from now on.
    func tell(_ webhooks: [AudienceWebhook]) { self.webhooks.withLockedValue { $0 = webhooks } }

    func events(after change: Int64) throws -> EventSupply {
        let webhooks = self.webhooks.withLockedValue { $0 }
        // One transaction makes so many events at most, and outcomes wait for it.
        let limit = max(1, Self.piece / max(1, webhooks.count))
        let (changes, shape) = try reader.snapshot {
            let changes = try reader.changes(after: change, limit: limit)
            return (changes, changes.isEmpty ? nil : try AudienceShape(of: reader))
        }
        guard let last = changes.last, let shape else {
            return EventSupply(events: [], change: change, hasMore: false)
        }
        let suppressed = try suppression?.addresses()
        var events: [NewEvent] = []
        for change in changes {
            if let request = change.facts.request {
                events.append(try Self.event(request, of: change, suppressed))
                continue
            }
            let listeners = webhooks.filter { $0.listens(to: change) }
            if listeners.isEmpty { continue }
            let isSuppressed = try suppressed?.concerns(change) ?? false
            let body = isSuppressed ? [] : WebhookBody.bytes(of: change, in: shape)
            events += listeners.map { webhook in
                var event = NewEvent(
                    endpoint: webhook.id,
                    contact: change.contact,
                    change: change.number,
                    kind: change.kind.rawValue,
                    created: change.time,
                    body: body
                )
                event.isSuppressed = isSuppressed
                return event
            }
        }
        return EventSupply(events: events, change: last.number, hasMore: changes.count == limit)
    }

    /// What a point of a journey calls for.
    private static func event(
        _ request: JourneyRequest,
        of change: Change,
        _ suppressed: SuppressedAddresses?
    ) throws -> NewEvent {
        let isSuppressed = try suppressed?.concerns(change) ?? false
        var event = NewEvent(
            endpoint: request.endpoint,
            contact: change.contact,
            change: change.number,
            kind: change.kind.rawValue,
            created: change.time,
            body: isSuppressed ? [] : request.body
        )
        event.isSuppressed = isSuppressed
        event.isAwaited = request.isAwaited
        event.occurrence = .init(entry: request.entry, visit: request.visit)
        return event
    }

    func suppressed(among contacts: Set<Int64>) throws -> Set<Int64> {
        guard let suppressed = try suppression?.addresses() else { return [] }
        return try reader.database.read { db in
            let statement = try db.cachedStatement(sql: "SELECT email FROM contact WHERE id = ?")
            return try contacts.filter { contact in
                guard let address = try String.fetchOne(statement, arguments: [contact]) else { return false }
                return try suppressed.contains(address)
            }
        }
    }

    func isTakenOver(upTo change: Int64) {
        let mustCut = taken.withLockedValue { taken in
            taken.last = change
            guard change >= taken.cut + Self.slack else { return false }
            taken.cut = change
            return true
        }
        if mustCut { cutLog(upTo: change) {} }
    }

    /// Cuts the log as far as it can be, at a good end: a ledger that is lost afterwards then misses what it had, and
    /// does not tell of it a second time in other words.
    func finish() async {
        let last = taken.withLockedValue { $0.last }
        await withCheckedContinuation { continuation in cutLog(upTo: last) { continuation.resume() } }
    }

    /// Closes its connection; nothing is asked of it any more.
    func close() throws { try reader.database.close() }

    private func cutLog(upTo change: Int64, _ done: @escaping @Sendable () -> Void) {
        writer.submit(isRepeatable: true) {
            try Audience.advance(reader: Self.name, to: change, $0)
        } finish: { _ in
            // Not cut is no loss: it is tried again with the next thousand.
            done()
        }
    }
}

extension SuppressedAddresses {
    /// Whether a change is about one of them, under its address before or after it.
    fileprivate func concerns(_ change: Change) throws -> Bool {
        try [change.facts.email, change.facts.oldEmail].compactMap(\.self).contains { try contains($0) }
    }
}
