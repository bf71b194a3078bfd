import FanfareDelivery
import FanfarePayload
import NIOConcurrencyHelpers

/// Makes the events of batch webhooks out of the batches that were finished.
final class BatchFeed: EventSource {
    /// Under which the ledger knows how far it has been read.
    static let name = "batches"
    private static let piece = 50
    /// Seconds that the link in a body is good for: longer than it is tried.
    private static let life: Int64 = 2 * 3600

    private let book: BatchBook
    private let links: BatchLinks
    private let webhooks = NIOLockedValueBox<[BatchWebhook]>([])

    init(_ book: BatchBook, links: BatchLinks) {
        self.book = book
        self.links = links
    }

    /// Those that are told from now on.
    func tell(_ webhooks: [BatchWebhook]) { self.webhooks.withLockedValue { $0 = webhooks } }

    func events(after change: Int64) throws -> EventSupply {
        let completions = try book.completions(after: change, limit: Self.piece)
        guard let last = completions.last else { return EventSupply(events: [], change: change, hasMore: false) }
        let webhooks = self.webhooks.withLockedValue { $0 }
        let events = completions.flatMap { number, batch -> [NewEvent] in
            let body = body(of: batch)
            return webhooks.filter { $0.isEnabled && number > $0.begins }.map { webhook in
                // Batches wait for no other.
                NewEvent(
                    endpoint: webhook.id,
                    contact: 0,
                    change: number,
                    kind: 0,
                    created: batch.completed ?? 0,
                    body: body
                )
            }
        }
        return EventSupply(events: events, change: last.number, hasMore: completions.count == Self.piece)
    }

    func isTakenOver(upTo change: Int64) {
        // What cannot be forgotten now is with the next.
        do { try book.forgetCompletions(upTo: change) } catch {}
    }

    /// As Mailchimp writes it ("Batch operations", `batch_operation_completed`).
    private func body(of batch: Batch) -> [UInt8] {
        func time(_ seconds: Int64?, _ separator: String, _ end: String) -> String {
            guard let seconds else { return "" }
            let text = UTCText(seconds)
            return "\(text.day)\(separator)\(text.time)\(end)"
        }
        var form = FormWriter()
        form.add("type", "batch_operation_completed")
        form.add("fired_at", time(batch.completed, " ", ""))
        form.add("data[id]", batch.id)
        form.add("data[status]", batch.state.rawValue)
        form.add("data[total_operations]", String(batch.total))
        form.add("data[finished_operations]", String(batch.finished))
        form.add("data[errored_operations]", String(batch.errored))
        form.add("data[submitted_at]", time(batch.submitted, "T", "+00:00"))
        form.add("data[completed_at]", time(batch.completed, "T", "+00:00"))
        let link = links.link(to: batch.id, now: batch.completed ?? 0, life: Self.life)
        form.add("data[response_body_url]", batch.origin + link)
        return form.bytes
    }
}
