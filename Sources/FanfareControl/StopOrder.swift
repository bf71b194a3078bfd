/// That somebody wants nothing to be sent any more: the one switch that stops everything.
public struct StopOrder: Sendable, Hashable, Codable {
    /// Who it is: as people are called where they sit, or a key of the HTTP interface.
    public var by: String
    /// Why, in their own words.
    public var reason: String?

    /// Most characters of either.
    public static let longest = 300

    /// - Parameters: see the properties of the same names; what is longer than ``longest`` is cut.
    public init(by: String, reason: String? = nil) {
        self.by = String(by.prefix(Self.longest))
        self.reason = reason.map { String($0.prefix(Self.longest)) }
    }
}

/// The switch, while everything is stopped.
public struct PulledStop: Sendable, Hashable, Codable {
    /// Unix seconds.
    public var at: Int64
    /// By whom, and why.
    public var order: StopOrder

    /// - Parameters: see the properties of the same names.
    public init(at: Int64, order: StopOrder) { (self.at, self.order) = (at, order) }
}
