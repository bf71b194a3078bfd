import FanfareAudience
import FanfareControl
import FanfareDelivery
import NIOConcurrencyHelpers

extension Daemon {
    /// Forgets a contact. Blocks.
    func erase(_ order: ContactOrder?) -> ControlAnswer {
        guard let order else { return ControlAnswer("erase needs a contact", refusal: .malformed) }
        return ControlDesk.answering {
            let audience = try installation.audiences.audience(named: order.audience).id
            return try waiting { [self] in try await erase(order.edit.key, in: audience) }.answer
        }
    }

    /// Changes the suppression list, and has nothing more told of whom it has now. Blocks.
    func suppress(_ request: ControlRequest) -> ControlAnswer {
        let answer = desk.answer(request)
        if answer.refusal != nil { return answer }
        return ControlDesk.answering {
            try waiting { [webhooks] in try await webhooks.skipSuppressed() }
            return answer
        }
    }

    /// Waits for a task on the control server's own thread, which has nothing else to do; no task waits for it.
    func waiting<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) throws -> Value {
        let result = NIOLockedValueBox<Result<Value, any Error>?>(nil)
        let isDone = MonotonicConditionLock(value: false)
        Task {
            let ended: Result<Value, any Error>
            do { ended = .success(try await body()) } catch { ended = .failure(error) }
            result.withLockedValue { $0 = ended }
            isDone.lock()
            isDone.unlock(withValue: true)
        }
        isDone.lock(whenValue: true)
        isDone.unlock()
        guard let ended = result.withLockedValue({ $0 }) else {
            throw BackupError(.failed, "what was waited for has no end")
        }
        return try ended.get()
    }
}
