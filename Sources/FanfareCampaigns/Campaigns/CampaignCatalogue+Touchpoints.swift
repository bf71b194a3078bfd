import FanfareJob
import FanfarePayload
import FanfareStore
import GRDB

extension CampaignCatalogue {
    /// The touchpoints of a campaign, or of all, in the order in which they were made.
    ///
    /// - Throws: What reading the catalogue throws.
    public func touchpoints(of campaign: String? = nil) throws -> [Touchpoint] {
        try database.read { db in
            let sql = "SELECT * FROM touchpoint WHERE ?1 IS NULL OR campaign = ?1 ORDER BY created, id"
            return try Row.fetchAll(db, sql: sql, arguments: [campaign]).map(touchpoint)
        }
    }

    /// The touchpoint with an id.
    ///
    /// - Parameters:
    ///   - id: The touchpoint's.
    ///   - campaign: The campaign that it is of; nil: any.
    /// - Throws: ``CampaignError`` with `unknownTouchpoint`.
    public func touchpoint(_ id: String, of campaign: String? = nil) throws -> Touchpoint {
        try database.read { try touchpoint(id, of: campaign, $0) }
    }

    /// The touchpoint whose fan-outs have a name; nil: they are no touchpoint's.
    ///
    /// - Throws: What reading the catalogue throws.
    public func touchpoint(ofJob name: String) throws -> Touchpoint? {
        try database.read { db in
            try Row.fetchOne(db, sql: "SELECT * FROM touchpoint WHERE job = ?", arguments: [name]).map(touchpoint)
        }
    }

    /// The names of the fan-outs of all touchpoints.
    ///
    /// - Throws: What reading the catalogue throws.
    public func jobNames() throws -> Set<String> {
        try database.read { try String.fetchSet($0, sql: "SELECT job FROM touchpoint WHERE job IS NOT NULL") }
    }

    /// Adds a touchpoint, where its kind begins.
    ///
    /// - Parameters:
    ///   - touchpoint: The touchpoint.
    ///   - author: Who made it.
    /// - Throws: ``CampaignError`` with `unknownCampaign`, `tooMany`.
    public func add(_ touchpoint: Touchpoint, by author: String) throws {
        let sealed = seal(touchpoint)
        try database.write { db in
            _ = try Self.campaign(touchpoint.campaign, db)
            let sql = "SELECT count(*) FROM touchpoint WHERE campaign = ?"
            let count = try Int.fetchOne(db, sql: sql, arguments: [touchpoint.campaign]) ?? 0
            guard count < Touchpoint.most else {
                throw CampaignError(.tooMany, "a campaign has \(Touchpoint.most) touchpoints at most")
            }
            try db.execute(
                sql: """
                    INSERT INTO touchpoint (id, campaign, kind, name, notes, channel, at, time_zone, minutes, state, job,
                        sealed, changes, created, updated)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?)
                    """,
                arguments: [
                    touchpoint.id, touchpoint.campaign, touchpoint.kind.rawValue, touchpoint.name, touchpoint.notes,
                    touchpoint.channel?.rawValue, touchpoint.at, touchpoint.timeZone, touchpoint.minutes,
                    touchpoint.state.rawValue, touchpoint.jobName, sealed, touchpoint.created, touchpoint.created,
                ]
            )
            let change = TouchpointChange(
                state: touchpoint.state,
                at: touchpoint.created,
                author: author,
                remark: nil
            )
            try Self.note(change, of: touchpoint.id, db)
        }
    }

    /// Replaces what a touchpoint says; where it stands is as it was.
    ///
    /// - Parameters:
    ///   - touchpoint: As it is to be, made of the one that was read.
    ///   - now: Unix seconds.
    /// - Throws: ``CampaignError``: `unknownTouchpoint`; `conflict` when it was changed since it was read.
    public func save(_ touchpoint: Touchpoint, now: Int64) throws {
        let sealed = seal(touchpoint)
        try database.write { db in
            let known = try self.touchpoint(touchpoint.id, of: touchpoint.campaign, db)
            guard known.changes == touchpoint.changes, known.state == touchpoint.state else {
                throw CampaignError(.conflict, "\(known.name) was changed meanwhile by somebody else")
            }
            try db.execute(
                sql: """
                    UPDATE touchpoint SET name = ?, notes = ?, channel = ?, at = ?, time_zone = ?, minutes = ?,
                        sealed = coalesce(?, sealed), changes = changes + 1, updated = ? WHERE id = ?
                    """,
                arguments: [
                    touchpoint.name, touchpoint.notes, touchpoint.channel?.rawValue, touchpoint.at,
                    touchpoint.timeZone, touchpoint.minutes, sealed, now, touchpoint.id,
                ]
            )
        }
    }

    /// Notes that a touchpoint stands somewhere else, as a step of its life.
    ///
    /// - Parameters:
    ///   - id: The touchpoint's.
    ///   - change: Where it stands, since when, by whom and why.
    ///   - reason: Why it stands there, as long as it does; nil: there is nothing to say.
    ///   - now: Unix seconds.
    /// - Returns: The touchpoint, as it is then.
    /// - Throws: ``CampaignError`` with `unknownTouchpoint`.
    @discardableResult
    public func move(_ id: String, _ change: TouchpointChange, reason: String?, now: Int64) throws -> Touchpoint {
        try database.write { db in
            try db.execute(
                sql: "UPDATE touchpoint SET state = ?, reason = ?, updated = ? WHERE id = ?",
                arguments: [change.state.rawValue, reason, now, id]
            )
            if db.changesCount == 0 { throw CampaignError.unknown(touchpoint: id) }
            try Self.note(change, of: id, db)
            return try touchpoint(id, of: nil, db)
        }
    }

    /// Forgets a touchpoint; its fan-outs stay.
    ///
    /// - Throws: ``CampaignError``: `unknownTouchpoint`; `conflict` while it is active.
    public func remove(touchpoint id: String, of campaign: String) throws {
        try database.write { db in
            let known = try touchpoint(id, of: campaign, db)
            if known.state.isActive {
                throw CampaignError(.conflict, "\(known.name) is \(known.state.rawValue): cancel it first")
            }
            try db.execute(sql: "DELETE FROM touchpoint_change WHERE touchpoint = ?", arguments: [id])
            try db.execute(sql: "DELETE FROM touchpoint WHERE id = ?", arguments: [id])
        }
    }

    /// The life of a touchpoint, oldest first.
    ///
    /// - Throws: What reading the catalogue throws.
    public func life(of id: String) throws -> [TouchpointChange] {
        try database.read { db in
            let sql = "SELECT * FROM touchpoint_change WHERE touchpoint = ? ORDER BY number"
            return try Row.fetchAll(db, sql: sql, arguments: [id]).map { row in
                TouchpointChange(
                    state: try Self.state(row["state"]),
                    at: row["at"],
                    author: row["author"],
                    remark: row["remark"]
                )
            }
        }
    }

    // MARK: Rows

    private static func note(_ change: TouchpointChange, of id: String, _ db: Database) throws {
        try db.execute(
            sql: "INSERT INTO touchpoint_change (touchpoint, state, at, author, remark) VALUES (?, ?, ?, ?, ?)",
            arguments: [id, change.state.rawValue, change.at, change.author, change.remark]
        )
    }

    private func touchpoint(_ id: String, of campaign: String?, _ db: Database) throws -> Touchpoint {
        let sql = "SELECT * FROM touchpoint WHERE id = ?1 AND (?2 IS NULL OR campaign = ?2)"
        guard let row = try Row.fetchOne(db, sql: sql, arguments: [id, campaign]) else {
            throw CampaignError.unknown(touchpoint: id)
        }
        return try touchpoint(row)
    }

    private func touchpoint(_ row: Row) throws -> Touchpoint {
        guard let kind = Touchpoint.Kind(rawValue: row["kind"]) else {
            throw StoreError(
                .incompatible,
                "the catalogue holds a touchpoint of the unknown kind \(row["kind"] as String)"
            )
        }
        var touchpoint = Touchpoint(
            id: row["id"],
            campaign: row["campaign"],
            kind: kind,
            name: row["name"],
            timeZone: row["time_zone"],
            jobName: row["job"],
            created: row["created"]
        )
        touchpoint.notes = row["notes"]
        touchpoint.channel = (row["channel"] as String?).flatMap(Touchpoint.Channel.init)
        (touchpoint.at, touchpoint.minutes) = (row["at"], row["minutes"])
        (touchpoint.state, touchpoint.reason) = (try Self.state(row["state"]), row["reason"])
        (touchpoint.changes, touchpoint.updated) = (row["changes"], row["updated"])
        touchpoint.document = (row["sealed"] as String?).flatMap { open($0, of: touchpoint.id) }
        return touchpoint
    }

    private static func state(_ text: String) throws -> Touchpoint.State {
        guard let state = Touchpoint.State(rawValue: text) else {
            throw StoreError(.incompatible, "the catalogue holds a touchpoint in the unknown state \(text)")
        }
        return state
    }

    private static func purpose(_ id: String) -> String { "touchpoint \(id)" }

    private func seal(_ touchpoint: Touchpoint) -> String? {
        touchpoint.document.map {
            sealer.seal(Secret($0.value.compact), for: Self.purpose(touchpoint.id))
        }
    }

    /// - Returns: Nil for what was sealed with a key that is gone: the touchpoint is there all the same, and says so when it
    ///   is to be sent.
    private func open(_ sealed: String, of id: String) -> TouchpointDocument? {
        do {
            let text = try sealer.open(sealed, for: Self.purpose(id)).reveal()
            return TouchpointDocument(try DocumentText.json(of: text, named: "the touchpoint \(id)"))
        } catch {
            return nil
        }
    }
}
