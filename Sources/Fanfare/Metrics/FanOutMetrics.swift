public import FanfareDelivery

/// Running fan-outs as metrics.
///
/// | Metric | Kind | Labels beside `fanout` and `run` |
/// | --- | --- | --- |
/// | `fanfare_deliveries` | gauge | `state` |
/// | `fanfare_attempts_total` | counter | `status_class` (`2xx` … `5xx`, `none`), `result` |
/// | `fanfare_attempt_failures_total` | counter | `reason` |
/// | `fanfare_retries_total` | counter | |
/// | `fanfare_attempt_duration_seconds` | histogram | |
/// | `fanfare_sent_bytes_total`, `fanfare_received_bytes_total` | counter | |
/// | `fanfare_in_flight`, `fanfare_concurrency_limit`, `fanfare_max_in_flight` | gauge | |
/// | `fanfare_rate_limit` | gauge; absent without one | |
/// | `fanfare_breaker_state` | gauge, 1 for the state it is in | `state` |
/// | `fanfare_breaker_openings_total` | counter | |
/// | `fanfare_lane_paused` | gauge, 1 while so | `reason` |
/// | `fanfare_oldest_due_seconds` | gauge | |
/// | `fanfare_ledger_commit_seconds` | histogram | |
/// | `fanfare_ledger_commit_failures_total` | counter | |
/// | `fanfare_ledger_stalled` | gauge, 1 while so | |
///
/// Made of snapshots: a loop waits for it no longer than for the progress view. `fanfare_deliveries` is what the ledger
/// holds, over all processes; what ends in `_total` counts from the start of this one.
public enum FanOutMetrics {
    fileprivate struct Scrape {
        var labels: [MetricsText.Label]
        var snapshot: FanOutSnapshot
        var oldestDue: Duration?
    }

    /// Writes the metrics of fan-outs.
    ///
    /// - Parameters:
    ///   - fanOuts: Those under way in this process.
    ///   - text: Where they are written.
    public static func write(_ fanOuts: [RunningFanOut], to text: inout MetricsText) {
        let scrapes = fanOuts.map { running in
            let snapshot = running.snapshot
            return Scrape(
                labels: [("fanout", running.name), ("run", String(snapshot.progress.run))],
                snapshot: snapshot,
                oldestDue: running.oldestDueAge
            )
        }
        writeDeliveries(scrapes, to: &text)
        writeLanes(scrapes, to: &text)
        writeLedgers(scrapes, to: &text)
    }

    private static func writeDeliveries(_ scrapes: [Scrape], to text: inout MetricsText) {
        text.metric("fanfare_deliveries", .gauge, "Deliveries in each state, as the ledger has them.") { samples in
            for scrape in scrapes {
                let counts = scrape.snapshot.progress.currentCounts
                for state in DeliveryState.allCases {
                    samples.add(counts[state], scrape.labels + [("state", state.name)])
                }
            }
        }
        text.metric("fanfare_attempts_total", .counter, "Attempts that ended, by what came back.") { samples in
            for scrape in scrapes { samples.add(scrape.snapshot.totals, scrape.labels) }
        }
        text.metric("fanfare_attempt_failures_total", .counter, "Attempts that failed, by reason.") { samples in
            for scrape in scrapes {
                for reason in Reason.allCases where scrape.snapshot.totals[failed: reason] > 0 {
                    samples.add(
                        scrape.snapshot.totals[failed: reason],
                        scrape.labels + [("reason", reason.name)]
                    )
                }
            }
        }
        text.count("fanfare_retries_total", "Attempts of deliveries that had failed before.", scrapes) {
            $0.totals.retries
        }
        text.count("fanfare_sent_bytes_total", "Bytes of requests, at least.", scrapes) { $0.totals.bytesSent }
        text.count("fanfare_received_bytes_total", "Bytes of answers.", scrapes) { $0.totals.bytesReceived }
        text.histogram("fanfare_attempt_duration_seconds", "How long attempts took.", scrapes) { $0.totals.latency }
    }

    private static func writeLanes(_ scrapes: [Scrape], to text: inout MetricsText) {
        text.gauge("fanfare_in_flight", "Requests under way.", scrapes) { Double($0.lane.inFlight) }
        text.gauge("fanfare_concurrency_limit", "Requests that may be under way now.", scrapes) {
            Double($0.lane.concurrencyLimit)
        }
        text.gauge("fanfare_max_in_flight", "Requests that may ever be under way.", scrapes) {
            Double($0.lane.maxInFlight)
        }
        text.gauge("fanfare_rate_limit", "Requests a second at most; absent without a limit.", scrapes) {
            $0.lane.rate
        }
        text.metric("fanfare_breaker_state", .gauge, "1 for the state that the breaker is in.") { samples in
            for scrape in scrapes {
                for state in [Breaker.State.closed, .open, .probing] {
                    let isIn: Int64 = scrape.snapshot.lane.breaker == state ? 1 : 0
                    samples.add(isIn, scrape.labels + [("state", "\(state)")])
                }
            }
        }
        text.count("fanfare_breaker_openings_total", "How often the breaker opened.", scrapes) {
            $0.totals.breakerOpenings
        }
        text.metric("fanfare_lane_paused", .gauge, "1 while nothing is sent for that reason.") { samples in
            for scrape in scrapes {
                for member in PauseReasons.Member.allCases {
                    let isPaused = scrape.snapshot.lane.pauses.contains(PauseReasons(member))
                    samples.add(Int64(isPaused ? 1 : 0), scrape.labels + [("reason", member.name)])
                }
            }
        }
    }

    private static func writeLedgers(_ scrapes: [Scrape], to text: inout MetricsText) {
        text.metric(
            "fanfare_oldest_due_seconds",
            .gauge,
            "How long the oldest delivery that waits for a further attempt has been due, in lane time; 0: none is due."
        ) { samples in
            for scrape in scrapes {
                if let age = scrape.oldestDue { samples.add(age / .seconds(1), scrape.labels) }
            }
        }
        text.histogram("fanfare_ledger_commit_seconds", "How long the ledger's commits took.", scrapes) {
            $0.totals.commits
        }
        text.count("fanfare_ledger_commit_failures_total", "Commits that failed and are tried again.", scrapes) {
            $0.totals.failedCommits
        }
        text.gauge("fanfare_ledger_stalled", "1 while the ledger cannot be written.", scrapes) { snapshot in
            if case .some = snapshot.stall { 1 } else { 0 }
        }
    }
}

extension MetricsText {
    fileprivate mutating func count(
        _ name: String,
        _ help: String,
        _ scrapes: [FanOutMetrics.Scrape],
        _ value: (FanOutSnapshot) -> Int64
    ) {
        metric(name, .counter, help) { samples in
            for scrape in scrapes { samples.add(value(scrape.snapshot), scrape.labels) }
        }
    }

    fileprivate mutating func gauge(
        _ name: String,
        _ help: String,
        _ scrapes: [FanOutMetrics.Scrape],
        _ value: (FanOutSnapshot) -> Double?
    ) {
        metric(name, .gauge, help) { samples in
            for scrape in scrapes {
                if let value = value(scrape.snapshot) { samples.add(value, scrape.labels) }
            }
        }
    }

    fileprivate mutating func histogram(
        _ name: String,
        _ help: String,
        _ scrapes: [FanOutMetrics.Scrape],
        _ value: (FanOutSnapshot) -> DurationCounts
    ) {
        metric(name, .histogram, help) { samples in
            for scrape in scrapes { samples.add(value(scrape.snapshot), scrape.labels) }
        }
    }
}
