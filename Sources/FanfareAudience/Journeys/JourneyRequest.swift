import FanfareStore
package import GRDB

/// A request that a point of a journey calls for, as the change log keeps it until the ledger of events has it.
public struct JourneyRequest: Sendable, Hashable {
    /// The id of the endpoint that the point is.
    public var endpoint: String
    /// Which entry of the contact into the journey it is, from 1.
    public var entry: Int64
    /// Which point of the entry, from 1.
    public var visit: Int64
    /// The contact stays until it is known what becomes of it.
    public var isAwaited: Bool
    /// Its body: JSON, a form or any other text.
    public var body: String

    /// - Parameters: see the properties of the same names.
    public init(endpoint: String, entry: Int64, visit: Int64, isAwaited: Bool, body: String) {
        self.endpoint = endpoint
        self.entry = entry
        self.visit = visit
        self.isAwaited = isAwaited
        self.body = body
    }
}

extension Audience {
    /// Notes a request in the change log, within a write of the caller's.
    ///
    /// - Parameters:
    ///   - request: Its own body is not looked at: it is in a buffer here, and is not made a text for it.
    ///   - body: UTF-8.
    ///   - contact: The key of a contact that is there.
    ///   - address: The contact's, in UTF-8.
    ///   - time: Unix time in seconds.
    package static func note(
        _ request: JourneyRequest,
        body: UnsafeRawBufferPointer,
        of contact: Int64,
        address: UnsafeRawBufferPointer,
        at time: Int64,
        _ db: Database
    ) throws {
        let statement = try HotStatement(
            cachedIn: db,
            """
            INSERT INTO change (contact_id, kind, source, at, facts) VALUES (
                ?1, \(ChangeKind.journeyPoint.rawValue), \(ChangeSource.admin.rawValue), ?2, json_object(
                    'email', ?8,
                    'request', json_object('endpoint', ?3, 'entry', ?4, 'visit', ?5, 'is_awaited', ?6, 'body', ?7)
                )
            )
            """
        )
        statement.bind(1, contact)
        statement.bind(2, time)
        statement.bind(3, request.endpoint)
        statement.bind(4, request.entry)
        statement.bind(5, request.visit)
        statement.bind(6, Int64(request.isAwaited ? 1 : 0))
        statement.bind(7, text: body, .untilReset)
        statement.bind(8, text: address, .untilReset)
        try statement.run()
    }
}
