public import FanfareCampaigns
import FanfareDelivery

/// Audience webhooks as metrics.
///
/// | Metric | Kind | Labels beside `webhook` |
/// | --- | --- | --- |
/// | `fanfare_webhooks_paused` | gauge, 1 while none is sent: by the operator, after a restore, after deaths, or as everything is stopped | no label |
/// | `fanfare_webhook_deliveries` | gauge | `state` |
/// | `fanfare_webhook_oldest_due_seconds` | gauge; absent where nothing may be sent or waits for a further attempt | |
/// | `fanfare_webhook_in_flight`, `fanfare_webhook_concurrency_limit` | gauge | |
/// | `fanfare_webhook_breaker_state` | gauge, 1 for the state it is in | `state` |
/// | `fanfare_webhook_rate_limit` | gauge; absent without one | |
/// | `fanfare_webhook_ledger_stalled` | gauge, 1 while so | `audience` alone |
/// | `fanfare_webhook_ledger_commit_seconds` | histogram | `audience` alone |
/// | `fanfare_webhook_attempts_total` | counter | `status_class` and `result` alone |
/// | `fanfare_webhook_attempt_duration_seconds` | histogram | none |
///
/// What ends in `_total`, and histograms, count from the start of the process.
public enum WebhookMetrics {
    /// Writes them; blocks.
    ///
    /// - Parameters:
    ///   - webhooks: Those at work.
    ///   - now: Unix time in seconds.
    ///   - text: Where they are written.
    /// - Throws: `StoreError` when a ledger cannot be read.
    public static func write(_ webhooks: AudienceWebhooks, now: Int64, to text: inout MetricsText) throws {
        let books = try webhooks.summaries()
        text.metric("fanfare_webhooks_paused", .gauge, "1 while no webhook is sent until told otherwise.") {
            $0.add(Int64(webhooks.isPaused ? 1 : 0), [])
        }
        text.metric("fanfare_webhook_deliveries", .gauge, "Events in each state, as the ledger has them.") { samples in
            for summary in books.flatMap(\.events) {
                for state in DeliveryState.allCases {
                    samples.add(summary.counts[state], [("webhook", summary.endpoint), ("state", state.name)])
                }
            }
        }
        text.metric(
            "fanfare_webhook_oldest_due_seconds",
            .gauge,
            "Age of the oldest event that may be sent or waits for a further attempt."
        ) {
            for summary in books.flatMap(\.events) {
                guard let oldest = summary.oldestWaiting else { continue }
                $0.add(max(0, now - oldest), [("webhook", summary.endpoint)])
            }
        }
        let lanes = webhooks.lanes.sorted { $0.key < $1.key }
        text.metric("fanfare_webhook_in_flight", .gauge, "Requests under way.") { samples in
            for (id, lane) in lanes { samples.add(Int64(lane.inFlight), [("webhook", id)]) }
        }
        text.metric("fanfare_webhook_concurrency_limit", .gauge, "Requests that may be under way now.") { samples in
            for (id, lane) in lanes { samples.add(Int64(lane.concurrencyLimit), [("webhook", id)]) }
        }
        text.metric("fanfare_webhook_breaker_state", .gauge, "1 for the state that the breaker is in.") { samples in
            for (id, lane) in lanes {
                for state in [Breaker.State.closed, .open, .probing] {
                    let isIn: Int64 = lane.breaker == state ? 1 : 0
                    samples.add(isIn, [("webhook", id), ("state", "\(state)")])
                }
            }
        }
        text.metric("fanfare_webhook_rate_limit", .gauge, "Requests a second at most; absent without a limit.") {
            samples in
            for (id, lane) in lanes {
                if let rate = lane.rate { samples.add(rate, [("webhook", id)]) }
            }
        }
        writeAttempts(webhooks.totals, to: &text)
        text.metric("fanfare_webhook_ledger_commit_seconds", .histogram, "How long outcomes waited for their commit.") {
            for (audience, times) in webhooks.commitTimes.sorted(by: { $0.key < $1.key }) {
                $0.add(times, [("audience", audience)])
            }
        }
        text.metric("fanfare_webhook_ledger_stalled", .gauge, "1 while a ledger of events cannot be kept.") { samples in
            for book in books { samples.add(Int64(book.isStalled ? 1 : 0), [("audience", book.audience)]) }
        }
    }

    private static func writeAttempts(_ totals: AttemptTotals, to text: inout MetricsText) {
        text.metric("fanfare_webhook_attempts_total", .counter, "Attempts that ended, by what came back.") { samples in
            samples.add(totals)
        }
        text.metric("fanfare_webhook_attempt_duration_seconds", .histogram, "How long attempts took.") { samples in
            samples.add(totals.latency, [])
        }
    }
}

extension MetricsText.Samples {
    /// Appends how often attempts ended in each way that there was; delivered with a 2xx from the start, for rates.
    mutating func add(_ totals: AttemptTotals, _ labels: [MetricsText.Label] = []) {
        for meaning in AttemptTotals.Meaning.allCases {
            for status in AttemptTotals.StatusClass.allCases {
                let count = totals[meaning, status]
                guard count > 0 || (meaning == .delivered && status == .success) else { continue }
                add(count, labels + [("status_class", status.name), ("result", "\(meaning)")])
            }
        }
    }

    /// Appends durations, in seconds.
    mutating func add(_ counts: DurationCounts, _ labels: [MetricsText.Label]) {
        add(
            buckets: counts.cumulative.map { (Double($0.bound) / 1_000_000, $0.count) },
            sum: Double(counts.microseconds) / 1_000_000,
            count: counts.count,
            labels
        )
    }
}
