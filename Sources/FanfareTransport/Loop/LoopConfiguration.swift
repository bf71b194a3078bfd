import CDeliveryLoop

/// How a loop behaves.
public struct LoopConfiguration: Sendable, Hashable {
    /// Which addresses may be connected to.
    public var egress: EgressPolicy
    /// Connections being made at a time, from 1.
    public var maxConnecting: Int
    /// Of those, for one endpoint while another waits, from 1.
    public var maxConnectingPerEndpoint: Int
    /// Requests taken in at a time, from 1.
    public var maxInFlight: Int
    /// Sockets open at a time; past it a connection fails with `EMFILE`.
    ///
    /// Nil: no limit but the system's.
    public var maxSockets: Int?

    /// - Parameters: see the properties of the same names.
    public init(
        egress: EgressPolicy = EgressPolicy(),
        maxConnecting: Int = 64,
        maxConnectingPerEndpoint: Int = 16,
        maxInFlight: Int = 65_536,
        maxSockets: Int? = nil
    ) {
        self.egress = egress
        self.maxConnecting = maxConnecting
        self.maxConnectingPerEndpoint = maxConnectingPerEndpoint
        self.maxInFlight = maxInFlight
        self.maxSockets = maxSockets
    }

    func makeLoop() throws(TransportError) -> OpaquePointer {
        let ranges = egress.allowed.map(\.range)
        var loop: OpaquePointer?
        let config = fanfare_loop_config(
            allowed: nil,
            allowed_count: ranges.count,
            max_connecting: try count(maxConnecting, "maxConnecting"),
            max_connecting_per_endpoint: try count(maxConnectingPerEndpoint, "maxConnectingPerEndpoint"),
            max_in_flight: try count(maxInFlight, "maxInFlight"),
            max_sockets: try maxSockets.map { value throws(TransportError) in try count(value, "maxSockets") } ?? 0
        )
        let result = ranges.withUnsafeBufferPointer { buffer in
            var config = config
            config.allowed = buffer.baseAddress
            return fanfare_loop_create(&config, &loop)
        }
        try check(result, "an allowed range is malformed")
        guard let loop else { throw .outOfMemory }
        return loop
    }

    private func count(_ value: Int, _ name: String) throws(TransportError) -> UInt32 {
        guard value >= 1, let exact = UInt32(exactly: value) else {
            throw TransportError(code: .invalidValue, message: "\(name) is \(value); it must be 1 or more")
        }
        return exact
    }
}
