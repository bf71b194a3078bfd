/// A webhook of an audience that one process asks the daemon of a data directory to make, to change, or to try.
///
/// Its URL may hold a key, and its proxy a password: they go over the private socket, and it prints neither.
public struct WebhookOrder: Sendable, Hashable, Codable, CustomStringConvertible {
    /// The webhook's id; not to make one.
    public var id: String?
    /// The audience's name or id; only to make one.
    public var audience: String?
    /// Where it is told; only to make one.
    public var url: String?
    /// What it is told of, as on the wire; empty: of everything.
    public var events: [String] = []
    /// Whose changes, as on the wire; empty: everybody's.
    public var sources: [String] = []
    /// Networks that whoever asks wants to be connected to beside public ones, in CIDR notation: refused unless the
    /// daemon may too, as it is the daemon that sends.
    public var networks: [String] = []
    /// The proxy that whoever asks wants requests to go through, as it was given: refused unless it is the daemon's.
    public var proxy: String?

    /// One to be made.
    ///
    /// - Parameters: see the properties of the same names.
    public init(audience: String, url: String, events: [String], sources: [String]) {
        (self.audience, self.url, self.events, self.sources) = (audience, url, events, sources)
    }

    /// One that is there.
    ///
    /// - Parameter id: The webhook's id.
    public init(id: String) { self.id = id }

    /// Names the webhook or the audience alone.
    public var description: String { id.map { "webhook \($0)" } ?? "a webhook of \(audience ?? "no audience")" }
}

/// A webhook that was just made, for whoever had it made.
public struct MadeWebhook: Sendable, Hashable, Codable, CustomStringConvertible {
    /// Its id.
    public var id: String
    /// The audience's id.
    public var audience: String
    /// Where it is told.
    public var url: String
    /// What it is told of, as on the wire.
    public var events: [String]
    /// Whose changes, as on the wire.
    public var sources: [String]
    /// What its requests are signed with: shown to whoever had it made, once, and to nobody else.
    public var secret: String?

    /// - Parameters: see the properties of the same names.
    public init(id: String, audience: String, url: String, events: [String], sources: [String], secret: String?) {
        (self.id, self.audience, self.url) = (id, audience, url)
        (self.events, self.sources, self.secret) = (events, sources, secret)
    }

    /// Names the webhook alone.
    public var description: String { "webhook \(id)" }
}
