import FanfareDelivery

/// How long a job may take, as far as that can be told before a receiver has answered.
public struct JobPace: Sendable, Hashable {
    /// Requests of its first attempts.
    public let requests: Int64
    /// Requests a second that it is held to; nil: no limit.
    public let rate: Double?
    /// Requests in flight at most.
    public let window: Int
    /// How long the rate alone makes it last; nil: there is none.
    public let byRate: Duration?
    /// How long the window alone makes it last at ``assumedAnswer``.
    public let byWindow: Duration
    /// How soon the receiver must answer for the rate to be reached with this window; nil: no rate.
    public let slowestAnswer: Duration?
    /// What deserves a second look.
    let warnings: [String]

    /// An answer of a receiver that is well: what ``byWindow`` supposes.
    public static let assumedAnswer = Duration.milliseconds(100)

    init(recipients: Int64, _ settings: DeliverySettings) {
        requests = recipients
        rate = settings.ratePerSecond
        window = settings.maxInFlight
        byRate = settings.ratePerSecond.map { .seconds(Double(recipients) / $0) }
        // No fewer rounds than one: nobody is answered before the first answer.
        let rounds = max(1, Double(recipients) / Double(max(1, settings.maxInFlight)))
        byWindow = recipients == 0 ? .zero : Self.assumedAnswer * rounds
        slowestAnswer = settings.ratePerSecond.map { .seconds(Double(settings.maxInFlight) / $0) }
        var warnings: [String] = []
        if let byRate, let rate {
            if let stop = settings.stopAfter, byRate > stop {
                let sent = Int64((stop / .seconds(1)) * rate)
                warnings.append(
                    "delivery.stop_after is too short: at \(rate.shown) requests a second the job takes "
                        + "\(byRate.shown), and after \(stop.shown) about \(recipients - sent) of \(recipients) are "
                        + "cancelled"
                )
            } else if byRate > settings.deadline {
                warnings.append(
                    "at \(rate.shown) requests a second the job takes longer (\(byRate.shown)) than the deadline of one "
                        + "delivery (\(settings.deadline.shown))"
                )
            }
        }
        let retries = settings.retries.reduce(.zero, +)
        if let stop = settings.stopAfter, recipients > 0, retries >= stop {
            warnings.append(
                "delivery.stop_after (\(stop.shown)) is shorter than the retries of one delivery (\(retries.shown)): "
                    + "some are cancelled before their last attempt"
            )
        }
        self.warnings = warnings
    }
}

extension Duration {
    /// `250 ms`, `12 s`, `3 min 20 s`, `2 h 5 min`: the two largest units.
    var shown: String {
        let milliseconds = Int64((self / .milliseconds(1)).rounded())
        if milliseconds < 1000 { return "\(milliseconds) ms" }
        let seconds = (milliseconds + 500) / 1000
        switch seconds {
        case ..<60: return "\(seconds) s"
        case ..<3600: return seconds % 60 == 0 ? "\(seconds / 60) min" : "\(seconds / 60) min \(seconds % 60) s"
        default:
            let minutes = (seconds + 30) / 60
            return minutes % 60 == 0 ? "\(minutes / 60) h" : "\(minutes / 60) h \(minutes % 60) min"
        }
    }
}

extension Double {
    /// Without a `.0`.
    fileprivate var shown: String { self == rounded() && magnitude < 1e15 ? String(Int64(self)) : String(self) }
}
