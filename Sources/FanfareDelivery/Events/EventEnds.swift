import FanfareStore
import GRDB

/// The end of an event that somebody waits for.
public struct EventEnd: Sendable, Hashable {
    /// Counts the ends of a ledger; never used twice.
    public let number: Int64
    /// The endpoint's id.
    public let endpoint: String
    /// The contact's key.
    public let contact: Int64
    /// Which time it was that the contact came by.
    public let occurrence: EventOccurrence
    /// How it ended.
    public let state: DeliveryState
}

extension EventBook {
    /// Ends after one, in the order in which they came: of events that are awaited. Blocks.
    ///
    /// One that was reopened since, and is sent again, has another end then.
    ///
    /// - Parameters:
    ///   - number: The last one that is known; 0: none.
    ///   - limit: At most so many.
    /// - Returns: Also those that are no end any more, as their state says.
    /// - Throws: `StoreError`.
    package func ends(after number: Int64, limit: Int) throws -> [EventEnd] {
        do {
            return try reading().read { db in
                let statement = try HotStatement(
                    cachedIn: db,
                    """
                    SELECT n.number, e.endpoint, e.contact, e.entry, e.visit, e.state
                    FROM event_end AS n JOIN event AS e ON e.number = n.event
                    WHERE n.number > ? ORDER BY n.number LIMIT ?
                    """
                )
                statement.bind(1, number)
                statement.bind(2, Int64(limit))
                var ends: [EventEnd] = []
                while try statement.step() {
                    guard let state = DeliveryState(storedCode: statement.columnInt64(5)) else {
                        continue
                    }
                    ends.append(
                        EventEnd(
                            number: statement.columnInt64(0),
                            endpoint: statement.columnText(1) ?? "",
                            contact: statement.columnInt64(2),
                            occurrence: .init(entry: statement.columnInt64(3), visit: statement.columnInt64(4)),
                            state: state
                        )
                    )
                }
                return ends
            }
        } catch {
            throw StoreError(error, path: path)
        }
    }

    /// How the event of a contact's coming by stands: it may be sent again since it ended. Blocks.
    ///
    /// - Returns: Nil: it is not there, or not any more.
    /// - Throws: `StoreError`.
    package func state(
        of occurrence: EventOccurrence,
        contact: Int64,
        at endpoint: String
    ) throws -> DeliveryState? {
        do {
            return try reading().read { db in
                let statement = try HotStatement(
                    cachedIn: db,
                    "SELECT state FROM event WHERE contact = ? AND endpoint = ? AND entry = ? AND visit = ?"
                )
                statement.bind(1, contact)
                statement.bind(2, endpoint)
                statement.bind(3, occurrence.entry)
                statement.bind(4, occurrence.visit)
                return try statement.step() ? DeliveryState(storedCode: statement.columnInt64(0)) : nil
            }
        } catch {
            throw StoreError(error, path: path)
        }
    }

    /// Forgets the numbers of ends up to one, which nobody asks for any more.
    ///
    /// - Throws: What keeps it from being written.
    package func forgetEnds(through number: Int64) async throws {
        try await write { try $0.execute(sql: "DELETE FROM event_end WHERE number <= ?", arguments: [number]) }
    }
}
