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
    /// Its body: JSON, a form or any other text, in UTF-8.
    public var body: [UInt8]

    /// - Parameters: see the properties of the same names.
    public init(endpoint: String, entry: Int64, visit: Int64, isAwaited: Bool, body: [UInt8]) {
        self.endpoint = endpoint
        self.entry = entry
        self.visit = visit
        self.isAwaited = isAwaited
        self.body = body
    }
}

extension JourneyRequest {
    /// In the change log requests have columns of their own: what is sent is neither escaped nor read as JSON on its
    /// way. Erasures alone ask for the changes of a contact, and the log is short: it has no index for them any more.
    /// The kind is that of journeys' points at the time of this step; what is damaged stays, and is told when it is read.
    static let columns = """
        DROP INDEX change_by_contact;
        ALTER TABLE change ADD COLUMN endpoint TEXT;
        ALTER TABLE change ADD COLUMN entry INTEGER;
        ALTER TABLE change ADD COLUMN visit INTEGER;
        ALTER TABLE change ADD COLUMN is_awaited INTEGER;
        ALTER TABLE change ADD COLUMN body BLOB;
        UPDATE change SET endpoint = facts ->> '$.request.endpoint', entry = facts ->> '$.request.entry',
            visit = facts ->> '$.request.visit', is_awaited = facts ->> '$.request.is_awaited',
            body = CAST(facts ->> '$.request.body' AS BLOB), facts = json_remove(facts, '$.request')
        WHERE kind = 7 AND json_valid(facts);
        """

    /// What stands in the current row, in the order of these columns; nil: it is a change of another kind.
    init?(_ row: HotStatement, from column: Int) {
        guard let endpoint = row.columnText(column) else { return nil }
        self.init(
            endpoint: endpoint,
            entry: row.columnInt64(column + 1),
            visit: row.columnInt64(column + 2),
            isAwaited: row.columnInt64(column + 3) != 0,
            body: row.columnBytes(column + 4).map { Array($0) } ?? []
        )
    }
}
