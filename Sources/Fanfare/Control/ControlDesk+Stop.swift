import FanfareControl
import FanfareDelivery
import NIOConcurrencyHelpers

extension ControlDesk {
    /// Stops all that this process sends, and whatever it or another begins to send later.
    func stopAll(_ order: StopOrder?) -> ControlAnswer {
        guard let order else { return ControlAnswer("stop_all needs to know who wants it", refusal: .malformed) }
        return turn.withLock {
            let before = stopSwitch.pulled
            // What starts meanwhile sees it.
            let pulled = stopSwitch.pull(order)
            let others = others.withLockedValue { $0 }
            others.stop(true)
            let running = Array(running.values)
            // None is waited for: each is quiet within milliseconds.
            for fanOut in running { fanOut.pause(by: .everythingStopped, patience: .zero) }
            do {
                try stopSwitch.note(pulled)
                let inFlight = running.reduce(others.inFlight()) { $0 + $1.snapshot.lane.inFlight }
                return ControlAnswer(Self.text(pulled, before, running.count, inFlight: inFlight), stop: pulled)
            } catch {
                return ControlAnswer(
                    "everything is stopped, but would go on after a restart: that cannot be noted: \(error)",
                    refusal: .failed
                )
            }
        }
    }

    /// Has something else that sends stop, and go on, with all of it: at once where everything is stopped already.
    ///
    /// - Parameters:
    ///   - inFlight: Asked how many of its requests are under way. Must not block.
    ///   - stop: Told whether it is to send nothing. Must not block.
    func alsoStop(
        inFlight: @escaping @Sendable () -> Int,
        _ stop: @escaping @Sendable (_ isStopped: Bool) -> Void
    ) {
        turn.withLock {
            others.withLockedValue { $0 = Others(stop: stop, inFlight: inFlight) }
            if stopSwitch.pulled != nil { stop(true) }
        }
    }

    /// Lets everything go on; what was paused by itself stays so.
    func resumeAll() -> ControlAnswer {
        turn.withLock {
            do {
                guard let pulled = try stopSwitch.release() else { return ControlAnswer("nothing was stopped") }
                for fanOut in running.values { fanOut.resume(by: .everythingStopped) }
                others.withLockedValue { $0 }.stop(false)
                return ControlAnswer("everything goes on; it was \(pulled)")
            } catch {
                return ControlAnswer("everything stays stopped: that cannot be noted: \(error)", refusal: .failed)
            }
        }
    }

    private static func text(_ pulled: PulledStop, _ before: PulledStop?, _ count: Int, inFlight: Int) -> String {
        if case .some = before { return "everything is \(pulled) already" }
        let fanOuts = count == 1 ? "1 fan-out" : "\(count) fan-outs"
        return "everything is \(pulled): \(fanOuts) under way"
            + (inFlight == 0 ? ", nothing in flight" : ", \(inFlight) in flight are finishing")
            + ". Go on with: fanfare resume-all"
    }
}

extension PulledStop: CustomStringConvertible {
    /// Goes on from "everything is".
    public var description: String {
        "stopped since \(at.momentText) by \(order.by)" + (order.reason.map { " (\($0))" } ?? "")
    }
}
