import FanfareAudience
import FanfareJob
import FanfareStore
import Foundation
import GRDB

/// Asks of single contacts whether they are of a part of the audience, as it is in the transaction under way.
///
/// Thread: that of the database access it is made in.
struct JourneyConditions {
    private let db: Database
    private let audience: Audience
    private let context: SegmentContext
    private var known: [RecipientSelection.Part: SelectionPredicate] = [:]

    init(_ audience: Audience, timeZone: String, now: Int64, _ db: Database) {
        (self.audience, self.db) = (audience, db)
        var context = SegmentContext(timeZone: TimeZone(identifier: timeZone) ?? .gmt, now: now)
        context.isOfSingleContacts = true
        self.context = context
    }

    /// Whether a contact is one of them.
    ///
    /// - Throws: `AudienceError` for a tag, segment or field that is gone.
    mutating func holds(_ part: RecipientSelection.Part, of contact: Int64) throws -> Bool {
        if case .everyone = part { return true }
        let predicate = try predicate(part)
        let statement = try db.cachedStatement(
            sql: "SELECT EXISTS (SELECT 1 FROM contact WHERE (\(predicate.sql)) AND id = ?)"
        )
        return try Bool.fetchOne(statement, arguments: predicate.statementArguments + [contact]) ?? false
    }

    private mutating func predicate(_ part: RecipientSelection.Part) throws -> SelectionPredicate {
        if let predicate = known[part] { return predicate }
        // Whoever asks for a status asks for it apart.
        let everyStatus = RecipientSelection(part, statuses: Set(ContactStatus.allCases))
        let predicate = try audience.selectionSQL(everyStatus, context: context)
        known[part] = predicate
        return predicate
    }
}
