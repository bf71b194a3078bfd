import FanfareAudience
import FanfarePayload
import FanfareStore
import GRDB

/// Reads claimed contacts as a template needs them: the ledger's recipients joined with the live audience.
///
/// Thread: one loop's. The values of a row are SQLite's own bytes, valid while the row is looked at.
final class ContactReader {
    /// One recipient as it is now.
    struct Contact {
        /// Its key in the audience.
        var key: Int64
        /// False when it was erased since the set was frozen.
        var exists: Bool
        /// Whether it is gone from the contact file since the set was frozen.
        var isRemoved: Bool
        /// Whether it still has a status that receives.
        var mayReceive: Bool
        /// Its address, folded; empty unless addresses are read.
        var address: UnsafeRawBufferPointer
        /// What the template reads.
        var row: ContactRow
    }

    private let database: DatabaseQueue
    private let range: HotStatement
    private let single: HotStatement
    private let values: UnsafeMutableBufferPointer<ContactRow.Value>
    /// Whether addresses are read, which costs something: only where somebody is suppressed or held out.
    let readsAddresses: Bool
    private static let firstValue = 5

    /// - Throws: `StoreError` when a file cannot be opened or a column is missing.
    init(_ plan: FanOutPlan) throws {
        let readsAddresses = plan.suppression?.known != nil || plan.holdout != nil
        self.readsAddresses = readsAddresses
        database = try plan.ledger.openForReading()
        (range, single) = try database.inDatabase { db in
            try AudienceAttachment.attach(plan.audience.path, to: db)
            let select = try Self.selectSQL(plan, readsAddresses: readsAddresses, db)
            return (
                try HotStatement(db, select + " WHERE r.ordinal BETWEEN ?1 AND ?2 ORDER BY r.ordinal"),
                try HotStatement(db, select + " WHERE r.ordinal = ?1")
            )
        }
        values = .allocate(capacity: plan.template.columns.count)
        values.initialize(repeating: .init(start: nil, count: 0))
    }

    deinit { values.deallocate() }

    private static func selectSQL(_ plan: FanOutPlan, readsAddresses: Bool, _ db: Database) throws -> String {
        let schema = AudienceAttachment.schema
        let statuses = try plan.audience.selectionSQL(
            RecipientSelection(.everyone, statuses: plan.statuses),
            schema: schema,
            alias: "c"
        )
        let columns = try plan.template.columns.map {
            try plan.audience.columnSQL(for: $0, contactAlias: "c", schema: schema)
        }
        // Mostly nobody is removed, and then no row pays for the look-up.
        let isAnyoneRemoved = try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM removed)") ?? false
        let isRemoved = isAnyoneRemoved ? "EXISTS (SELECT 1 FROM removed WHERE contact = r.contact)" : "0"
        var list = ["r.ordinal", "r.contact", "c.id IS NOT NULL", isRemoved, statuses.sql] + columns
        if readsAddresses { list.append("c.email_key") }
        return """
            SELECT \(list.joined(separator: ", "))
            FROM recipient AS r LEFT JOIN \(schema).contact AS c ON c.id = r.contact
            """
    }

    /// Looks at every claimed contact, in order.
    ///
    /// - Throws: `StoreError`, and whatever `body` throws.
    func read(_ claims: ClaimBatch, _ body: (Claim, Contact) throws -> Void) throws {
        try database.inDatabase { _ in
            if !claims.fresh.isEmpty {
                range.bind(1, claims.fresh.lowerBound)
                range.bind(2, claims.fresh.upperBound - 1)
                defer { range.reset() }
                while try range.step() {
                    try body(Claim(ordinal: range.columnInt64(0), before: .scheduled), contact(range))
                }
            }
            for claim in claims.due {
                single.bind(1, claim.ordinal)
                defer { single.reset() }
                if try single.step() { try body(claim, contact(single)) }
            }
        }
    }

    private func contact(_ statement: HotStatement) -> Contact {
        for slot in values.indices {
            let bytes = statement.columnBytes(Self.firstValue + slot)
            values[slot] = .init(start: bytes?.baseAddress, count: bytes?.count ?? 0)
        }
        let address = readsAddresses ? statement.columnBytes(Self.firstValue + values.count) : nil
        return Contact(
            key: statement.columnInt64(1),
            exists: statement.columnInt64(2) != 0,
            isRemoved: statement.columnInt64(3) != 0,
            mayReceive: statement.columnInt64(4) != 0,
            address: address ?? UnsafeRawBufferPointer(start: nil, count: 0),
            row: ContactRow(UnsafeBufferPointer(values))
        )
    }
}
