public import GRDB

/// The end of a fan-out to an audience, which its webhooks are told as a change of kind `campaign`.
public struct CampaignEnd: Sendable, Hashable {
    /// The fan-out's id, ten hexadecimal digits.
    public let fanOut: String
    /// Its name.
    public let name: String
    /// Why it ended before all was sent; nil: all was.
    public let reason: String?
    /// Unix time in seconds.
    public let time: Int64

    /// - Parameters: see the properties of the same names.
    public init(fanOut: String, name: String, reason: String?, time: Int64) {
        self.fanOut = fanOut
        self.name = name
        self.reason = reason
        self.time = time
    }
}

extension Audience {
    /// Notes the end of a fan-out in the change log, once: repeated, it changes nothing, unless it has ended otherwise
    /// now: some of it was sent once more.
    ///
    /// So whoever ends a fan-out does this before the catalogue says that it has ended, and does it again when a death
    /// came in between.
    ///
    /// - Parameters:
    ///   - end: What ended, and how.
    ///   - db: The audience's file, in a write of the caller's.
    public static func note(_ end: CampaignEnd, _ db: Database) throws {
        // One that an earlier version noted has no status, and is not noted again.
        try db.execute(
            sql: """
                INSERT INTO campaign_end (fan_out, status) VALUES (?, ?)
                ON CONFLICT DO UPDATE SET status = excluded.status WHERE status <> excluded.status
                """,
            arguments: [end.fanOut, ChangeLog.status(end)]
        )
        guard db.changesCount > 0 else { return }
        try ChangeLog.note(end, db)
    }
}

extension ChangeLog {
    /// Mailchimp's words for how a campaign ended.
    fileprivate static func status(_ end: CampaignEnd) -> String { end.reason == nil ? "sent" : "canceled" }

    /// Nothing is written while nobody reads.
    fileprivate static func note(_ end: CampaignEnd, _ db: Database) throws {
        guard try isRead(db) else { return }
        // It concerns no contact, and its source is not asked for.
        try db.execute(
            sql: """
                INSERT INTO change (contact_id, kind, source, at, facts)
                VALUES (0, ?, ?, ?, json_object('campaign', ?, 'subject', ?, 'status', ?, 'reason', ?))
                """,
            arguments: [
                ChangeKind.campaign.rawValue, ChangeSource.admin.rawValue, end.time,
                end.fanOut, end.name, status(end), end.reason,
            ]
        )
    }
}
