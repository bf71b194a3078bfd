import Fanfare

/// What `run --json` and `status --json` print: one object.
struct RunResult: Encodable {
    var name: String
    var run: Int64
    var state: String
    var reason: String?
    var total: Int64
    var counts: [String: Int64]
    /// Deliveries that were open when the agent died, over all restarts.
    var recovered: Int64
    /// When it is to start: Unix seconds; nil: at once, or it has started.
    var starts_at: Int64?
    /// Of the scheduled, how many may have been sent when its process died: the next run settles them.
    var may_have_been_sent: Int64?
    var requests: Int64?
    var seconds: Double?
    /// Why HTTP/2 was given up for HTTP/1.1; nil: it was not, or not asked for.
    var http2: String?
    /// When its ledger was given up to make room.
    var pruned_at: String?
    /// What the receiver said to the first of the dead.
    var samples: [Sample]?

    /// Unix seconds of the operator's pause that holds.
    var paused: Int64?
    /// Unix seconds of the operator's order to cancel it, as long as that is not carried out.
    var cancel_ordered: Int64?
    /// What the operator has set over the job file.
    var set: SettingsChange?
    /// What the process that runs it says.
    var live: LiveStatus?

    struct Sample: Encodable {
        var email: String?
        var status: Int?
        var reason: String?
        var location: String?
        var response: String
    }

    init(name: String, end: FanOutEnd, dead: [DeadSample]) {
        self.init(name: name, run: end.progress.run, state: "", progress: end.progress)
        switch end.cause {
        case .complete: state = "ended"
        case .interrupted: state = "interrupted"
        case .stopped(let stop):
            state = stop.isFinal ? "ended" : "stopped"
            reason = stop.text
        case .failed(let error):
            state = "failed"
            reason = String(describing: error)
        }
        samples = dead.map { sample in
            Sample(
                email: sample.email,
                status: sample.status == 0 ? nil : sample.status,
                reason: sample.reasonText,
                location: sample.location,
                response: sample.response
            )
        }
        requests = end.snapshot.attempts
        http2 = end.snapshot.http2Loss?.text
        seconds = end.snapshot.elapsed / .seconds(1)
    }

    init(name: String, run: Int64, state: String, progress: LedgerProgress) {
        self.init(name: name, run: run, state: state, counts: progress.currentCounts, recovered: progress.recovered)
    }

    init(name: String, run: Int64, state: String, counts: StateCounts, recovered: Int64 = 0) {
        self.name = name
        self.run = run
        self.state = state
        self.recovered = recovered
        total = counts.total
        self.counts = [:]
        for state in DeliveryState.allCases { self.counts[state.name] = counts[state] }
    }

    /// Takes what was ordered, and what the process that runs it says.
    mutating func follow(_ orders: FanOutOrders, _ live: LiveStatus?) {
        paused = orders.pausedAt
        cancel_ordered = orders.cancelledAt
        set = orders.change.isEmpty ? nil : orders.change
        self.live = live
    }

    var json: String {
        get throws { try JSONLine.text(self) }
    }
}
