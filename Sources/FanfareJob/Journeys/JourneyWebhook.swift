public import FanfareDelivery
public import FanfarePayload

/// A webhook that a journey sends.
public struct JourneyWebhook: Sendable, Hashable {
    /// What becomes of a contact whose webhook could not be delivered.
    public enum OnFailure: String, Sendable, Hashable, CaseIterable {
        /// It goes on as soon as the webhook is written down, whatever becomes of that.
        case goOn = "go_on"
        /// It goes on when the webhook has been delivered, and stays until then.
        case wait
        /// It goes on when the webhook has been delivered, and leaves the journey when that was given up.
        case leave
    }

    /// Where it goes and what it carries. Merge tags stand in the body alone: all contacts' requests go to one URL, with
    /// the same headers.
    public var webhook: WebhookDefinition
    /// Pace, repetition, deadlines.
    public var delivery: DeliverySettings
    /// What becomes of a contact whose webhook could not be delivered.
    public var onFailure: OnFailure

    /// - Parameters: see the properties of the same names.
    public init(webhook: WebhookDefinition, delivery: DeliverySettings = .journeys, onFailure: OnFailure = .goOn) {
        (self.webhook, self.delivery, self.onFailure) = (webhook, delivery, onFailure)
    }
}

extension DeliverySettings {
    /// Of journeys' webhooks: eight attempts over 24 hours.
    public static var journeys: DeliverySettings {
        var settings = DeliverySettings()
        settings.retries = [30, 300, 1800, 7200, 14_400, 28_800, 33_870].map { .seconds($0) }
        settings.deadline = .seconds(25 * 3600)
        return settings
    }
}
