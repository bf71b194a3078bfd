import FanfarePayload
import FanfareTransport

extension Claim {
    /// Whether it was never sent, as far as the ledger knows.
    var isFirstAttempt: Bool { before == .scheduled }

    /// What the retry policy needs of it.
    var history: RetryPolicy.History {
        .init(attempts: Int(attempts), uncounted: Int(uncounted), firstAt: firstAt)
    }
}

extension RetryPolicy.Decision {
    /// What the ledger says of the delivery from now on; `dueAt` is 0 where it has ended.
    func settlement(
        after completion: TransferCompletion,
        _ verdict: Verdict
    ) -> (state: DeliveryState, reason: Reason?, dueAt: Int64) {
        switch self {
        case .delivered: (.delivered, completion.flags.contains(.bodyWarning) ? .answerCutShort : nil, 0)
        case .retry(let dueAt): (.retryable, verdict.reason, dueAt)
        case .dead(let reason): (.dead, reason, 0)
        case .uncertain(let reason): (.uncertain, reason, 0)
        }
    }
}

extension OutcomeRecord {
    /// What an attempt's end makes of its delivery.
    init(
        _ slot: RequestInFlight,
        _ completion: TransferCompletion,
        _ verdict: Verdict,
        _ decision: RetryPolicy.Decision,
        _ history: RetryPolicy.History,
        unixTime: Int64
    ) {
        let (state, reason, dueAt) = decision.settlement(after: completion, verdict)
        self.init(
            ordinal: slot.claim.ordinal,
            before: slot.claim.before,
            state: state,
            attempts: Int32(truncatingIfNeeded: history.attempts),
            uncounted: Int32(truncatingIfNeeded: history.uncounted),
            firstAt: history.firstAt,
            dueAt: dueAt,
            status: completion.shownStatus,
            reason: Int32(reason?.rawValue ?? 0),
            finishedAt: unixTime,
            duration: Int64(completion.totalMicroseconds),
            digest: slot.digest
        )
    }

    /// A claimed delivery that ends without a further attempt.
    init(unsent claim: Claim, _ state: DeliveryState, _ reason: Reason, unixTime: Int64) {
        self.init(claim, state, reason, unixTime: unixTime)
    }
}

extension AttemptRecord {
    /// One failed, counted attempt.
    init(
        _ slot: RequestInFlight,
        _ completion: TransferCompletion,
        _ verdict: Verdict,
        _ history: RetryPolicy.History,
        unixTime: Int64
    ) {
        self.init(
            ordinal: slot.claim.ordinal,
            number: Int32(truncatingIfNeeded: history.attempts),
            status: completion.shownStatus,
            reason: Int32(verdict.reason?.rawValue ?? 0),
            curlCode: completion.curlCode,
            osError: completion.osErrno,
            finishedAt: unixTime,
            connected: Int64(completion.connectMicroseconds),
            secured: Int64(completion.tlsMicroseconds),
            firstByte: Int64(completion.firstByteMicroseconds),
            total: Int64(completion.totalMicroseconds),
            digest: slot.digest,
            excerptOffset: 0,
            excerptLength: 0,
            locationLength: 0
        )
    }
}

extension Reason {
    /// Why a contact that could not be rendered is skipped.
    init(_ skip: SkipReason) {
        self =
            switch skip {
            case .missingField: .missingField
            case .controlCharacterInHeader: .invalidHeader
            case .dotSegmentInURL: .invalidURL
            }
    }
}
