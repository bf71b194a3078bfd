import FanfareStore

extension Installation {
    /// Why webhooks of touchpoints and journeys may not be activated; nil: the account's plan allows it. Blocks.
    ///
    /// - Throws: `StoreError`.
    func webhookRefusal() throws -> String? {
        let plan = try accountSettings().plan
        if plan.allowsWebhooks { return nil }
        return "webhooks are not sent on the plan \(plan.rawValue); the plans that allow it: \(Plan.withWebhooks)"
    }
}
