import FanfarePayload
import NIOConcurrencyHelpers

/// What the lanes of one origin (scheme, host, port) share: together they never exceed the largest of their own limits.
///
/// Any thread.
final class OriginShare: Sendable {
    private struct State {
        var limit = OriginLimit(limit: 0, rate: 0, now: 0)
        /// Each lane's own limit and rate, by the lane's identity.
        var lanes: [ObjectIdentifier: (limit: Int, rate: Double?)] = [:]

        mutating func setLimits(now: UInt64) {
            let rates = lanes.values.map(\.rate)
            let rate: Double? = rates.contains { $0 == nil } ? nil : rates.compactMap { $0 }.max()
            limit.setLimits(lanes.values.map(\.limit).max() ?? 0, rate: rate, now: now)
        }
    }

    private let state = NIOLockedValueBox(State())

    /// Takes leave to start up to `count` attempts of a lane whose own limits are these.
    func take(_ count: Int, for lane: FanOut, limit: Int, rate: Double?, now: UInt64) -> Int {
        state.withLockedValue { state in
            let known = state.lanes[ObjectIdentifier(lane)]
            if known == nil || known?.limit != limit || known?.rate != rate {
                state.lanes[ObjectIdentifier(lane)] = (limit, rate)
                state.setLimits(now: now)
            }
            // Alone at its origin a lane's own limits are all there is to keep.
            let granted = state.lanes.count == 1 ? count : min(count, state.limit.credit(now: now))
            state.limit.started(granted, now: now)
            return granted
        }
    }

    /// When time alone lets another attempt start, monotonic nanoseconds; nil: one must end first.
    func nextWake(now: UInt64) -> UInt64? {
        state.withLockedValue { $0.lanes.count <= 1 ? now : $0.limit.nextWake(now: now) }
    }

    /// Attempts taken that are not sent after all.
    func returned(_ count: Int, now: UInt64) { state.withLockedValue { $0.limit.returned(count, now: now) } }

    /// Attempts that ended.
    func ended(_ count: Int) { state.withLockedValue { $0.limit.ended(count) } }

    /// The lane is gone; nothing of it is in flight.
    func leave(_ lane: FanOut, now: UInt64) {
        state.withLockedValue { state in
            state.lanes[ObjectIdentifier(lane)] = nil
            state.setLimits(now: now)
        }
    }
}

/// The shares of all origins that engines send to. Any thread.
public final class OriginTable: Sendable {
    private let shares = NIOLockedValueBox<[RequestTemplate.Origin: OriginShare]>([:])

    /// None yet.
    public init() {}

    /// The share of an origin, made at first use.
    func share(of origin: RequestTemplate.Origin) -> OriginShare {
        shares.withLockedValue { shares in
            if let share = shares[origin] { return share }
            let share = OriginShare()
            shares[origin] = share
            return share
        }
    }
}
