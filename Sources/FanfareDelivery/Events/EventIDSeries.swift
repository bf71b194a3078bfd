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

/// Makes the ids of an endpoint's events: a pure function of installation, endpoint and change.
public struct EventIDSeries: Sendable {
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
        current = series(installation)
        earlier = epochs.sorted { $0.through < $1.through }.map { ($0.through, series($0.installation)) }
    }

    /// The id of the event that tells of a change.
    public func id(change: Int64) -> DeliveryID {
        (earlier.first { change <= $0.through }?.series ?? current).id(contact: change)
    }
}
