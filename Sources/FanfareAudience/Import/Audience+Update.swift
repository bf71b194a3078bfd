import FanfareStore
import GRDB

extension Audience {
    /// What an update made of a contact file.
    package struct Update: Sendable {
        /// What became of the rows.
        package let summary: ImportSummary
        /// The contacts that have a row in the file which was taken.
        package let present: IDSet
    }

    /// Brings the contacts that are there up to date with a file, by address; nobody is added or taken away.
    ///
    /// Repeated after a death at any point it comes to the same.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - options: Column map, limits.
    ///   - replacesMemberships: Whether contacts leave the tags and groups that the file does not name.
    ///   - progress: Called after each chunk; `false` stops the update, and what was committed stays.
    /// - Throws: ``AudienceError``.
    package func updateContacts(
        from path: String,
        options: ImportOptions,
        replacesMemberships: Bool,
        progress: @escaping (ImportProgress) -> Bool
    ) throws(AudienceError) -> Update {
        var options = options
        options.addsContacts = false
        do {
            options = try heeding(options)
            let (summary, seen) = try ContactImport.run(path, into: database, options: options, progress: progress)
            // Not before the file is known to be fit: whoever is refused has not lost the tags that there were. Those
            // that the file names are then given once more.
            if replacesMemberships, try endMemberships() {
                _ = try ContactImport.run(path, into: database, options: options, progress: progress)
            }
            return Update(summary: summary, present: seen)
        } catch {
            throw AudienceError(error, path: self.path)
        }
    }

    /// Takes everybody out of all tags and groups; in chunks, so that no other writer waits long.
    ///
    /// - Returns: Whether anybody was in one.
    private func endMemberships() throws -> Bool {
        var ended = 0
        for (table, key) in [
            ("segment_contact", "segment_id, contact_id"), ("contact_interest", "contact_id, interest_id"),
        ] {
            let sql = """
                DELETE FROM \(table) WHERE (\(key)) IN (SELECT \(key) FROM \(table) LIMIT \(ContactImport.chunk))
                """
            var size = 0
            repeat {
                size = try database.write { db in
                    try db.execute(sql: sql)
                    return db.changesCount
                }
                ended += size
            } while size == ContactImport.chunk
        }
        return ended > 0
    }
}
