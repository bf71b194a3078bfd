import FanfareStore
package import GRDB

/// Notes requests of journeys in the change log, in their order, several at a time.
///
/// Thread: that of the write it is made in; to be flushed before that ends, and before another change is noted.
package struct JourneyRequestLog {
    /// Of whom, and to whom.
    package struct Head {
        let contact: Int64
        let endpoint: String
        let entry: Int64
        let visit: Int64
        let isAwaited: Bool

        /// - Parameters:
        ///   - contact: The key of a contact that is there.
        ///   - endpoint: The endpoint's id.
        ///   - entry: Which of the contact's entries, from 1.
        ///   - visit: Which point of the entry it is, from 1.
        ///   - isAwaited: The contact stays until it is known what becomes of the request.
        package init(contact: Int64, endpoint: String, entry: Int64, visit: Int64, isAwaited: Bool) {
            (self.contact, self.endpoint, self.entry, self.visit) = (contact, endpoint, entry, visit)
            self.isAwaited = isAwaited
        }
    }

    /// Requests, and their bytes, at which they are written: some statements' worth, and no more memory than that takes.
    private static let most = (rows: 64, bytes: 1 << 20)

    /// Unix time in seconds.
    private let time: Int64
    private var inserter: RowInserter
    private var rows: [(head: Head, address: Range<Int>, body: Range<Int>)] = []
    /// Addresses and bodies of these.
    private var bytes: [UInt8] = []

    /// - Parameters:
    ///   - time: Unix time in seconds.
    ///   - db: A write.
    /// - Throws: `DatabaseError`.
    package init(at time: Int64, _ db: Database) throws {
        self.time = time
        let constants = "\(ChangeKind.journeyPoint.rawValue), \(ChangeSource.admin.rawValue)"
        inserter = try RowInserter(
            cachedIn: db,
            """
            INSERT OR FAIL INTO change (contact_id, kind, source, at, facts, endpoint, entry, visit, is_awaited, body)
            """,
            row: "(?, \(constants), ?, json_object('email', ?), ?, ?, ?, ?, ?)"
        )
    }

    /// Notes a request.
    ///
    /// - Parameters:
    ///   - head: Of whom, and to whom.
    ///   - address: The contact's, in UTF-8.
    ///   - body: UTF-8.
    /// - Throws: `StoreError`.
    package mutating func note(_ head: Head, address: UnsafeRawBufferPointer, body: UnsafeRawBufferPointer) throws {
        let (first, second) = (bytes.count, bytes.count + address.count)
        bytes.append(contentsOf: address)
        bytes.append(contentsOf: body)
        rows.append((head, first..<second, second..<bytes.count))
        if rows.count == Self.most.rows || bytes.count >= Self.most.bytes { try flush() }
    }

    /// Writes what is pending.
    ///
    /// - Throws: `StoreError`.
    package mutating func flush() throws {
        if rows.isEmpty { return }
        try bytes.withUnsafeBytes { [rows, time] bytes in
            try inserter.insert(rows.count) { number, statement, offset in
                let (head, address, body) = rows[number]
                statement.bind(offset + 1, head.contact)
                statement.bind(offset + 2, time)
                statement.bind(offset + 3, text: UnsafeRawBufferPointer(rebasing: bytes[address]), .untilReset)
                statement.bind(offset + 4, head.endpoint)
                statement.bind(offset + 5, head.entry)
                statement.bind(offset + 6, head.visit)
                statement.bind(offset + 7, Int64(head.isAwaited ? 1 : 0))
                statement.bind(offset + 8, blob: UnsafeRawBufferPointer(rebasing: bytes[body]), .untilReset)
            }
        }
        rows.removeAll(keepingCapacity: true)
        bytes.removeAll(keepingCapacity: true)
    }
}
