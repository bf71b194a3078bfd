public import FanfarePayload

/// Events up to a change that an installation gave ids to before its ledger was restored into another one: they keep
/// them, as a receiver may have had them.
public struct EventEpoch: Sendable, Hashable {
    /// The last change of it.
    public let through: Int64
    /// The installation's id.
    public let installation: String

    /// - Parameters: see the properties of the same names.
    public init(through: Int64, installation: String) {
        self.through = through
        self.installation = installation
    }
}

/// Makes the ids of an endpoint's events: a pure function of installation, endpoint and change; of one that tells of no
/// change, of endpoint, contact and occurrence alone, so that what a backup does not know of comes again under its id.
public struct EventIDSeries: Sendable {
    private let endpoint: String
    private let current: DeliveryIDSeries
    /// By their last changes.
    private let earlier: [(through: Int64, series: DeliveryIDSeries)]

    /// - Parameters:
    ///   - installation: The installation's own id.
    ///   - epochs: What earlier installations gave ids to, as the events' book says.
    ///   - endpoint: The endpoint's id.
    public init(installation: String, epochs: [EventEpoch] = [], endpoint: String) {
        func series(_ installation: String) -> DeliveryIDSeries {
            DeliveryIDSeries(installation: installation, fanOut: "events \(endpoint)", run: 0)
        }
        self.endpoint = endpoint
        current = series(installation)
        earlier = epochs.sorted { $0.through < $1.through }.map { ($0.through, series($0.installation)) }
    }

    /// The id of an event.
    ///
    /// - Parameters:
    ///   - change: The change's number.
    ///   - contact: The contact's key.
    ///   - occurrence: Which time it is that the contact comes by.
    public func id(change: Int64, contact: Int64, _ occurrence: EventOccurrence) -> DeliveryID {
        occurrence == .none ? id(change: change) : series(of: occurrence).id(contact: contact)
    }

    fileprivate func series(of occurrence: EventOccurrence) -> DeliveryIDSeries {
        let visit = "events \(endpoint) entry \(occurrence.entry) visit \(occurrence.visit)"
        return DeliveryIDSeries(installation: "", fanOut: visit, run: 0)
    }

    /// The id of the event that tells of a change.
    public func id(change: Int64) -> DeliveryID {
        (earlier.first { change <= $0.through }?.series ?? current).id(contact: change)
    }
}

/// The same for many events after each other, of which most that tell of no change have the occurrence of the last one.
package struct EventIDs {
    private let ids: EventIDSeries
    private var last: (occurrence: EventOccurrence, series: DeliveryIDSeries)?

    package init(_ ids: EventIDSeries) { self.ids = ids }

    /// As ``EventIDSeries/id(change:contact:_:)``.
    package mutating func id(change: Int64, contact: Int64, _ occurrence: EventOccurrence) -> DeliveryID {
        if occurrence == .none { return ids.id(change: change) }
        if let last, last.occurrence == occurrence { return last.series.id(contact: contact) }
        let series = ids.series(of: occurrence)
        last = (occurrence, series)
        return series.id(contact: contact)
    }
}
