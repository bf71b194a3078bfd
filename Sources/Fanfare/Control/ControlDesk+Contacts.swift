import FanfareAudience
import FanfareControl
import NIOConcurrencyHelpers

extension ControlDesk {
    /// Forgets a contact where no daemon runs.
    func erase(_ order: ContactOrder?) -> ControlAnswer {
        guard let order else { return ControlAnswer("erase needs a contact", refusal: .malformed) }
        return Self.answering {
            let isQuiet = current.withLockedValue { $0.isEmpty } && !installation.runsFanOut
            return try installation.erase(order.edit.key, in: order.audience, isQuiet: isQuiet).answer
        }
    }

    /// Changes the suppression list; what is under way in this process heeds it at once.
    func suppress(_ order: SuppressionOrder?) -> ControlAnswer {
        guard let order else { return ControlAnswer("suppress needs addresses", refusal: .malformed) }
        return Self.answering {
            let removed = order.removed.isEmpty ? 0 : try installation.suppression.remove(order.removed)
            let added = order.added.isEmpty ? 0 : try installation.suppression.add(order.added)
            return ControlAnswer("", count: added + removed)
        }
    }

    /// Remembers how long what has ended is kept.
    func keep(_ order: RetentionOrder?) -> ControlAnswer {
        guard let order else { return ControlAnswer("retention needs what is kept", refusal: .malformed) }
        let named = order.forever + order.seconds.keys
        if let unknown = named.first(where: { Retention.Matter(rawValue: $0) == nil }) {
            return ControlAnswer("\(unknown) is nothing whose retention can be set", refusal: .invalid)
        }
        return Self.answering {
            try installation.setRetention { retention in
                for matter in order.forever.compactMap(Retention.Matter.init) { retention.seconds[matter] = nil }
                for (name, seconds) in order.seconds {
                    if let matter = Retention.Matter(rawValue: name) { retention.seconds[matter] = max(0, seconds) }
                }
            }
            return ControlAnswer("")
        }
    }

    /// What is wrong with what was asked for is told apart from what fails.
    static func answering(_ body: () throws -> ControlAnswer) -> ControlAnswer {
        do {
            return try body()
        } catch let error as AudienceError where error.code != .storage {
            return ControlAnswer(error.description, refusal: .invalid)
        } catch {
            return ControlAnswer("\(error)", refusal: .failed)
        }
    }
}

extension Installation.ErasureOutcome {
    var answer: ControlAnswer {
        ControlAnswer(
            isDone ? "erased" : "erased; what is under way, or read by others, is forgotten when it has ended"
        )
    }
}
