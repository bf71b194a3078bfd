import FanfareStore
import GRDB

/// What contacts pass at one time, one point after the other: a row of `journey_path` for each, the proof of its way.
///
/// Thread: that of the write it is made in; to be flushed before that ends.
struct JourneyPath {
    private struct Row {
        let contact: Int64
        let journey: Int64
        let entry: Int64
        let visit: Int64
        let steps: Range<Int>
    }

    /// Rows at which they are written.
    private static let capacity = 64

    /// Unix time in seconds.
    private let now: Int64
    private var inserter: RowInserter
    private var rows: [Row] = []
    /// Their steps, one row's behind the other: `[[point,way],…]`.
    private var text: [UInt8] = []
    /// Where the row under way begins in it.
    private var start = 0
    /// Which point of its entry the first one of that row is.
    private var visit: Int64 = 0

    /// - Throws: `DatabaseError`.
    init(now: Int64, _ db: Database) throws {
        self.now = now
        inserter = try RowInserter(
            cachedIn: db,
            "INSERT OR FAIL INTO journey_path (contact_id, journey, entry, visit, steps, at)",
            row: "(?, ?, ?, ?, ?, ?)"
        )
    }

    /// A contact leaves a point.
    ///
    /// - Parameters:
    ///   - point: Its number.
    ///   - visit: Which point of the entry it is; one more than that of the one before.
    ///   - way: Which way.
    mutating func pass(_ point: Int64, visit: Int64, _ way: JourneyWay) {
        if text.count == start { self.visit = visit }
        text.append(UInt8(ascii: text.count == start ? "[" : ","))
        text.append(UInt8(ascii: "["))
        append(point)
        text.append(UInt8(ascii: ","))
        append(way.rawValue)
        text.append(UInt8(ascii: "]"))
    }

    /// Digits, without a string made of them.
    private mutating func append(_ number: Int64) {
        if number >= 10 { append(number / 10) }
        text.append(UInt8(ascii: "0") + UInt8(number % 10))
    }

    /// The contact goes no further now. Where it has passed nothing, nothing is to be written.
    mutating func rest(_ contact: Int64, _ journey: Int64, entry: Int64) throws {
        if text.count == start { return }
        text.append(UInt8(ascii: "]"))
        rows.append(Row(contact: contact, journey: journey, entry: entry, visit: visit, steps: start..<text.count))
        start = text.count
        if rows.count == Self.capacity { try flush() }
    }

    /// Writes what is pending.
    ///
    /// - Throws: `StoreError`.
    mutating func flush() throws {
        try text.withUnsafeBytes { [rows, now] text in
            try inserter.insert(rows.count) { number, statement, offset in
                let row = rows[number]
                statement.bind(offset + 1, row.contact)
                statement.bind(offset + 2, row.journey)
                statement.bind(offset + 3, row.entry)
                statement.bind(offset + 4, row.visit)
                statement.bind(offset + 5, text: UnsafeRawBufferPointer(rebasing: text[row.steps]), .untilReset)
                statement.bind(offset + 6, now)
            }
        }
        rows.removeAll(keepingCapacity: true)
        text.removeAll(keepingCapacity: true)
        start = 0
    }
}
