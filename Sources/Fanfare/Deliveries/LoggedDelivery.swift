import FanfareAudience
import FanfareCampaigns
public import FanfareDelivery
public import FanfarePayload
import FanfareReport

/// What makes Fanfare send.
public enum DeliveryTrigger: String, Sendable, Hashable, CaseIterable {
    /// A fan-out: a job.
    case campaign
    /// A change in an audience.
    case audienceWebhook = "audience_webhook"
    /// A contact came by at a point of a journey.
    case journey
}

/// One delivery, whatever triggered it.
public struct LoggedDelivery: Sendable, Hashable {
    /// Where it stands.
    public let place: DeliveryPlace
    /// What made it.
    public let trigger: DeliveryTrigger
    /// The id of the fan-out, of the audience webhook, or of the journey's point: `journey.JOURNEY.POINT`.
    public let endpoint: String
    /// The fan-out's name; nil: it is of none.
    public let fanOut: String?
    /// The audience's id.
    public let audience: String
    /// The contact's internal key; 0: it concerns none.
    public let contact: Int64
    /// The contact's address as it is now; nil when it was erased, or there is none.
    public let email: String?
    /// What it tells of; nil where it is of a fan-out.
    public let event: ChangeKind?
    /// Sent as `webhook-id`.
    public let id: DeliveryID
    /// Where it stands.
    public let state: DeliveryState
    /// Attempts that counted.
    public let attempts: Int
    /// HTTP status of the last attempt; 0: none.
    public let status: Int
    /// Why it is in this state, in one line for people; nil where nothing went wrong.
    public let reason: String?
    /// Unix seconds at which the event arose; nil where it is of a fan-out.
    public let createdAt: Int64?
    /// Unix seconds of the last change; nil: never tried.
    public let changedAt: Int64?
    /// Microseconds that the last attempt took.
    public let durationMicroseconds: Int64

    init(_ row: DeliveryRow, of record: FanOutRecord) {
        place = .fanOut(record.id, row.ordinal)
        trigger = .campaign
        (endpoint, fanOut, audience) = (record.id, record.name, record.audience)
        (contact, email, event) = (row.contact, row.email, nil)
        (id, state) = (row.id, row.state)
        (attempts, status, reason) = (row.attempts, row.status, row.reasonText)
        (createdAt, changedAt, durationMicroseconds) = (nil, row.changedAt, row.durationMicroseconds)
    }

    init(_ row: EventRow, of audience: String) {
        place = .event(audience: audience, row.number)
        trigger = row.kind == ChangeKind.journeyPoint.rawValue ? .journey : .audienceWebhook
        (endpoint, fanOut, self.audience) = (row.endpoint, nil, audience)
        (contact, email, event) = (row.contact, row.email, ChangeKind(rawValue: row.kind))
        (id, state) = (row.id, row.state)
        (attempts, status, reason) = (row.attempts, row.status, row.reasonText)
        (createdAt, changedAt, durationMicroseconds) = (row.createdAt, row.changedAt, row.durationMicroseconds)
    }
}
