public import FanfareCampaigns
import FanfareControl
public import FanfareDelivery
import Foundation

/// Why nothing was sent again.
public struct ResendError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What a caller can act on.
    public enum Code: Sendable, Hashable {
        /// There is no such fan-out or webhook.
        case unknown
        /// It cannot be done as things stand.
        case refused
        /// The daemon is ending.
        case ending
    }

    /// What a caller can act on.
    public let code: Code
    /// One sentence for a person.
    public let message: String

    init(_ code: Code, _ message: String) { (self.code, self.message) = (code, message) }

    /// The sentence.
    public var description: String { message }
}

extension Daemon {
    /// Sends again what an audience webhook was sent and has ended, with the same ids and bytes, signed afresh.
    ///
    /// - Parameters:
    ///   - id: The webhook's id.
    ///   - filter: Which, by their states at least, all of them final.
    ///   - email: Those of the contact with this address; nil: of any.
    /// - Returns: How many.
    /// - Throws: `WebhookError`, `AudienceError`; what keeps it from being written.
    public func resend(toWebhook id: String, _ filter: DeliveryFilter, of email: String? = nil) async throws -> Int64 {
        guard let webhook = try webhooks.webhook(id) else { throw WebhookError.unknown(id) }
        guard let filter = try self.filter(filter, email, in: webhook.audience) else { return 0 }
        return Int64(try await webhooks.resend(filter, to: id))
    }

    /// Sends deliveries again of a fan-out that has ended and is the latest run of its name, with the same ids, rendered
    /// anew.
    ///
    /// - Parameters:
    ///   - id: The fan-out's id.
    ///   - filter: Which, by their states at least, all of them final.
    ///   - email: That to the contact with this address; nil: to any.
    /// - Returns: How many.
    /// - Throws: ``ResendError``, ``JobRunError``, `JobError` for a stored job that cannot be read here, `AudienceError`,
    ///   `StoreError`, `DeliveryError`.
    public func resend(ofFanOut id: String, _ filter: DeliveryFilter, of email: String? = nil) async throws -> Int64 {
        try await OwnThread.run { _ in
            guard let record = try self.installation.fanOutRecords(named: nil).first(where: { $0.id == id }) else {
                throw ResendError(.unknown, "there is no fan-out \(id)")
            }
            try self.installation.requireAudience(of: record)
            guard let filter = try self.filter(filter, email, in: record.audience) else { return 0 }
            return try self.resend(filter, of: record)
        }
    }

    /// Sends one delivery again that has ended, however it did.
    ///
    /// - Returns: Whether it is sent.
    /// - Throws: As the others.
    public func resend(_ delivery: LoggedDelivery) async throws -> Bool {
        if case .event(_, let number) = delivery.place {
            if let (journey, _) = Journey.place(of: delivery.endpoint) {
                return try await journeys.resend(number, of: journey)
            }
            return try await webhooks.resend(number, to: delivery.endpoint)
        }
        var filter = DeliveryFilter(states: Ledger.reopenable)
        filter.contact = delivery.contact
        return try await resend(ofFanOut: delivery.endpoint, filter) > 0
    }

    /// Blocks.
    private func resend(_ filter: DeliveryFilter, of record: FanOutRecord) throws -> Int64 {
        guard try installation.fanOutRecord(named: record.name).id == record.id else {
            throw ResendError(.refused, "\(record.name) has been run again since; only its latest run is sent again")
        }
        guard record.state == .ended else {
            throw ResendError(.refused, "\(record.name) has not ended, so all that is open would be sent too")
        }
        let retry = try JobRetry(of: record.name, filter, in: installation)
        if retry.chosen == 0 { return 0 }
        let order = RetryOrder(name: record.name, filter: filter)
        let answer = jobs.take(RunOrder(retry: order, environment: retry.job.environmentHere))
        switch answer.refusal {
        case nil: return retry.chosen
        case .ending?: throw ResendError(.ending, answer.message)
        default: throw ResendError(.refused, answer.message)
        }
    }

    /// - Returns: Nil when the audience has no contact with that address.
    private func filter(_ filter: DeliveryFilter, _ email: String?, in audience: String) throws -> DeliveryFilter? {
        var filter = filter
        guard let email else { return filter }
        guard let key = try installation.contactKey(of: email, in: audience) else { return nil }
        filter.contact = key
        return filter
    }
}
