import FanfareAudience
import FanfareJob
import FanfareStore
import GRDB

/// Has the database itself note what journeys begin by or wait for, in the transaction in which it happens and whoever
/// makes it happen: programs, imports, pages, the command line, other journeys.
///
/// Each starting point that is no day and no order, and each point that waits, is a trigger of the audience's file, of
/// the name `journey_NUMBER_POINT`. They are made anew when a journey begins, changes or ends. Where no journey is, no
/// write pays for any.
enum JourneyWatches {
    /// Makes the triggers of a journey.
    ///
    /// - Throws: ``JourneyFault`` for a field or group that is gone.
    static func place(for journey: Journey, _ db: Database) throws {
        try remove(of: journey.number, db)
        for start in journey.map.start {
            guard let number = journey.numbers[start.id] else { continue }
            let body = """
                INSERT INTO journey_signal (journey, point, contact_id, chain)
                VALUES (\(journey.number), \(number), CONTACT, (SELECT chain FROM journey_cause));
                """
            try place(start.trigger, "1", body, of: journey, point: start.id, number, db)
        }
        for point in journey.map.points {
            guard case .wait(let trigger, _, _, _) = point.step, let number = journey.numbers[point.id] else {
                continue
            }
            let there = "contact_id = CONTACT AND journey = \(journey.number) AND point = \(number) AND is_waiting"
            let body = "UPDATE journey_position SET release = 1, due = 0 WHERE \(there) AND release = 0;"
            let condition = "EXISTS (SELECT 1 FROM journey_position WHERE \(there))"
            try place(trigger, condition, body, of: journey, point: point.id, number, db)
        }
    }

    /// Takes them away.
    static func remove(of journey: Int64, _ db: Database) throws {
        let names = try String.fetchAll(
            db,
            sql: "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name GLOB ?",
            arguments: ["journey_\(journey)_[0-9]*"]
        )
        for name in names { try db.execute(sql: "DROP TRIGGER \(name)") }
    }

    private static func place(
        _ trigger: JourneyTrigger,
        _ condition: String,
        _ body: String,
        of journey: Journey,
        point: String,
        _ number: Int64,
        _ db: Database
    ) throws {
        let sources: [Source]
        do {
            sources = try Self.sources(trigger, db)
        } catch let error as AudienceError where error.code != .storage {
            throw JourneyFault(journey: journey.number, point: point, message: error.message)
        }
        for (index, source) in sources.enumerated() {
            let mark = "\(number)\(index == 0 ? "" : "_\(index)")"
            func naming(_ sql: String) -> String { sql.replacing("CONTACT", with: source.contact) }
            try db.execute(
                sql: """
                    CREATE TRIGGER journey_\(journey.number)_\(mark) AFTER \(source.event)
                    WHEN (\(source.condition)) AND \(naming(condition)) BEGIN
                        \(naming(body))
                    END
                    """
            )
        }
    }

    /// What of the database is watched.
    private struct Source {
        /// `INSERT ON TABLE` and the like.
        let event: String
        /// When it counts.
        let condition: String
        /// The contact's key.
        let contact: String
    }

    private static func sources(_ trigger: JourneyTrigger, _ db: Database) throws -> [Source] {
        switch trigger {
        case .tagAdded(let name):
            // By its name: a tag may be removed and made anew.
            let tag = "SELECT name_key FROM segment WHERE id = new.segment_id AND kind = 'static'"
            return [
                Source(
                    event: "INSERT ON segment_contact",
                    condition: "(\(tag)) = \(try folded(name).sqlText)",
                    contact: "new.contact_id"
                )
            ]
        case .signsUp(let includesImports):
            let imports = includesImports ? "1" : "NOT (SELECT is_import FROM journey_cause)"
            let code = ContactStatus.subscribed.storedCode
            return [
                Source(event: "INSERT ON contact", condition: "new.status = \(code) AND \(imports)", contact: "new.id"),
                Source(
                    event: "UPDATE OF status ON contact",
                    condition: "new.status = \(code) AND old.status <> \(code) AND \(imports)",
                    contact: "new.id"
                ),
            ]
        case .joinsGroup(let group):
            return [try source(of: group, "INSERT", "new", db)]
        case .leavesGroup(let group):
            return [try source(of: group, "DELETE", "old", db)]
        case .fieldChanges(let tag, let value):
            guard let entry = try FieldTable(db).entry(named: tag) else {
                throw AudienceError(.unknownField, "the audience has no field \(tag)")
            }
            let column = entry.column
            let becomes = value.map { " AND CAST(new.\(column) AS TEXT) = \($0.sqlText)" } ?? ""
            return [
                Source(
                    event: "UPDATE OF \(column) ON contact",
                    condition: "new.\(column) IS NOT old.\(column)\(becomes)",
                    contact: "new.id"
                )
            ]
        case .event(let name):
            return [
                Source(
                    event: "INSERT ON member_event",
                    condition: "new.name = \(name.sqlText) AND NOT new.is_syncing",
                    contact: "new.contact_id"
                )
            ]
        case .birthday, .recurringDate, .specificDate, .api, .manual: return []
        }
    }

    private static func source(
        of group: JourneyGroup,
        _ event: String,
        _ row: String,
        _ db: Database
    ) throws -> Source {
        guard let id = try Audience.group(named: group.name, in: group.category, db) else {
            throw AudienceError(.unknownGroup, "the audience has no group \(group.name) in \(group.category)")
        }
        return Source(
            event: "\(event) ON contact_interest",
            condition: "\(row).interest_id = \(id)",
            contact: "\(row).contact_id"
        )
    }
}

extension String {
    /// As SQL writes it.
    fileprivate var sqlText: String { "'" + replacing("'", with: "''") + "'" }
}
