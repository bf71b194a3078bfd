import FanfarePayload

/// Renders every request of a plan without sending one: what `check` counts.
public struct DryRun: Sendable {
    /// Contacts that would get no request, for one reason.
    public struct Skips: Sendable, Hashable {
        /// How many.
        public var count: Int64 = 0
        /// The keys of the first few.
        public var samples: [Int64] = []
    }

    /// How many samples are kept of each reason.
    public static let sampleCount = 3
    private static let chunk: Int64 = 4096

    /// Contacts whose request was rendered.
    public private(set) var rendered: Int64 = 0
    /// Contacts that would be skipped, by reason.
    public private(set) var skips: [Reason: Skips] = [:]
    /// Bytes of all bodies.
    public private(set) var bodyBytes: Int64 = 0

    /// Renders the whole frozen set.
    ///
    /// - Parameters:
    ///   - plan: A plan over a frozen ledger; nothing is written.
    ///   - isCancelled: Asked now and then.
    /// - Throws: `StoreError` when ledger or audience cannot be read; `CancellationError`.
    public init(_ plan: FanOutPlan, isCancelled: () -> Bool = { false }) throws {
        let total = try plan.ledger.progress().counts.total
        let reader = try ContactReader(plan)
        var clock = LocalClock(utcOffset: plan.utcOffset)
        var buffer = RequestBuffer()
        var next: Int64 = 1
        while next <= total {
            if isCancelled() { throw CancellationError() }
            let end = min(total, next + Self.chunk - 1)
            let time = clock.now()
            try reader.read(ClaimBatch(fresh: next..<(end + 1))) { _, contact in
                buffer.reset()
                let context = RenderContext(
                    deliveryID: plan.ids.id(contact: contact.key),
                    unixTime: time.unix,
                    utcOffset: time.utcOffset
                )
                switch plan.template.render(contact.row, context: context, into: &buffer) {
                case .rendered(let request):
                    rendered += 1
                    bodyBytes += Int64(request.body.count)
                case .skipped(let reason): skip(contact.key, Reason(reason))
                }
            }
            next = end + 1
        }
    }

    private mutating func skip(_ contact: Int64, _ reason: Reason) {
        skips[reason, default: Skips()].count += 1
        if skips[reason, default: Skips()].samples.count < Self.sampleCount {
            skips[reason, default: Skips()].samples.append(contact)
        }
    }
}
