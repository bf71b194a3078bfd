import FanfareControl

extension Daemon {
    /// No webhook is sent, as the data directory was restored from a backup: until the operator has decided what becomes
    /// of those that may have been sent since that was made.
    public var holdsWebhooks: Bool {
        get throws { try installation.restoration()?.holdsWebhooks ?? false }
    }

    /// Has webhooks sent again. Blocks.
    ///
    /// - Parameter choice: What becomes of events that may have been sent since the backup that was restored.
    func resumeWebhooks(_ choice: RestoredChoice?) -> ControlAnswer {
        guard webhooks.isSending else {
            return ControlAnswer("webhooks cannot be sent any more; start fanfare serve again", refusal: .failed)
        }
        do {
            guard let restored = try installation.restoration(), restored.holdsWebhooks else {
                goOn()
                return ControlAnswer("webhooks go on\(untilResumed)")
            }
            guard let choice else { return ControlAnswer(Self.question(restored), refusal: .invalid) }
            let resend = choice == .resend
            let count = try waiting { [webhooks, batchWebhooks] in
                try await webhooks.settleRestored(resend: resend) + batchWebhooks.settleRestored(resend: resend)
            }
            try installation.releaseWebhooks()
            goOn()
            let fate = choice == .resend ? "sent, with the ids that they had" : "left, and listed as uncertain"
            return ControlAnswer("webhooks go on\(untilResumed); \(count) of before the backup are \(fate)")
        } catch {
            return ControlAnswer("webhooks stay paused: \(error)", refusal: .failed)
        }
    }

    /// What is said behind that while everything is stopped; else nothing.
    private var untilResumed: String { stop == nil ? "" : " once everything does: fanfare resume-all" }

    /// What a start after deaths has held goes on too.
    private func goOn() {
        pauseAll(false)
        jobs.release()
    }

    private static func question(_ restored: Restoration) -> String {
        "webhooks stand still since a backup of \(restored.madeAt.momentText) was restored: what had not been delivered "
            + "then may have been since. Say what becomes of it: --uncertain resend, or --uncertain leave"
    }
}
