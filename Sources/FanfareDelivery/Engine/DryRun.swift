import Dispatch
public import FanfareAudience
import FanfarePayload
import NIOConcurrencyHelpers

/// Renders the request of every contact that a plan would go to, without freezing or sending anything: what `check`
/// counts.
public struct DryRun: Sendable {
    /// Contacts that would get no request, for one reason.
    public struct Skips: Sendable, Hashable {
        /// How many.
        public var count: Int64 = 0
        /// The addresses of the first few.
        public var samples: [String] = []

        fileprivate mutating func add(_ other: Skips) {
            count += other.count
            samples = Array((samples + other.samples).prefix(DryRun.sampleCount))
        }
    }

    /// How many samples are kept of each reason.
    public static let sampleCount = 3
    /// How many contacts are rendered between two looks at whether it was cancelled.
    private static let chunk: Int64 = 4096

    /// Contacts whose request was rendered.
    public private(set) var rendered: Int64 = 0
    /// Recipients that would be skipped, by reason.
    public private(set) var skips: [Reason: Skips] = [:]
    /// Contacts that tag or segment name and that have a status which does not receive.
    public private(set) var leftOut: [ContactStatus: Int64] = [:]
    /// Contacts that tag or segment name and that are on the suppression list.
    public private(set) var suppressed: Int64 = 0
    /// Bytes of all bodies.
    public private(set) var bodyBytes: Int64 = 0

    /// Contacts that a freeze would take.
    public var recipients: Int64 { rendered + skips.values.reduce(0) { $0 + $1.count } }

    private init() {}

    /// Renders everybody, on two threads: each takes one half of the keys, so that a selection is worked out once for
    /// each and not once for every piece.
    ///
    /// - Parameters:
    ///   - plan: Its ledger is not used.
    ///   - part: Tag or segment.
    ///   - context: What segments mean now.
    ///   - isCancelled: Asked now and then, by both threads.
    /// - Throws: `StoreError` or `AudienceError` when the audience cannot be read; `CancellationError`.
    public init(
        _ plan: FanOutPlan,
        part: RecipientSelection.Part = .everyone,
        context: SegmentContext = SegmentContext(),
        isCancelled: @escaping @Sendable () -> Bool = { false }
    ) throws {
        guard let keys = try CandidateReader(plan, part: part, context: context).keys() else { return }
        let middle = keys.lowerBound + (keys.upperBound - keys.lowerBound) / 2
        var halves = [keys.lowerBound...middle]
        if middle < keys.upperBound { halves.append((middle + 1)...keys.upperBound) }
        let ranges = halves
        let results = NIOLockedValueBox<[Int: Result<DryRun, any Error>]>([:])
        DispatchQueue.concurrentPerform(iterations: ranges.count) { index in
            let result = Result { try DryRun(plan, part, context, ranges[index], isCancelled) }
            results.withLockedValue { $0[index] = result }
        }
        // In the order of the keys, so that the samples are the first there are.
        for (_, result) in results.withLockedValue({ $0 }).sorted(by: { $0.key < $1.key }) { add(try result.get()) }
    }

    private init(
        _ plan: FanOutPlan,
        _ part: RecipientSelection.Part,
        _ context: SegmentContext,
        _ keys: ClosedRange<Int64>,
        _ isCancelled: () -> Bool
    ) throws {
        let reader = try CandidateReader(plan, part: part, context: context)
        var clock = LocalClock(utcOffset: plan.utcOffset)
        var buffer = RequestBuffer()
        var time = clock.now()
        var untilLook = Self.chunk
        let suppression = try plan.suppression?.addresses()
        try reader.read(keys) { candidate in
            untilLook -= 1
            if untilLook == 0 {
                if isCancelled() { throw CancellationError() }
                untilLook = Self.chunk
                time = clock.now()
            }
            guard candidate.isSelected else { return true }
            guard let status = candidate.status, plan.statuses.contains(status) else {
                if let status = candidate.status { leftOut[status, default: 0] += 1 }
                return true
            }
            if let suppression, try suppression.contains(String(decoding: candidate.address, as: UTF8.self)) {
                suppressed += 1
                return true
            }
            if let holdout = plan.holdout, holdout.contains(foldedAddress: candidate.foldedAddress) {
                skip(candidate, .heldOut)
                return true
            }
            buffer.reset()
            let context = RenderContext(
                deliveryID: plan.ids.id(contact: candidate.key),
                unixTime: time.unix,
                utcOffset: time.utcOffset
            )
            switch plan.template.render(candidate.row, context: context, into: &buffer) {
            case .rendered(let request):
                rendered += 1
                bodyBytes += Int64(request.body.count)
            case .skipped(let reason): skip(candidate, Reason(reason))
            }
            return true
        }
        if isCancelled() { throw CancellationError() }
    }

    private mutating func skip(_ candidate: CandidateReader.Candidate, _ reason: Reason) {
        skips[reason, default: Skips()].count += 1
        if skips[reason, default: Skips()].samples.count < Self.sampleCount {
            skips[reason]?.samples.append(String(decoding: candidate.address, as: UTF8.self))
        }
    }

    private mutating func add(_ other: DryRun) {
        rendered += other.rendered
        bodyBytes += other.bodyBytes
        suppressed += other.suppressed
        for (status, count) in other.leftOut { leftOut[status, default: 0] += count }
        for (reason, more) in other.skips { skips[reason, default: Skips()].add(more) }
    }
}
