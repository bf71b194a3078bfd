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
            if replacesMemberships {
                try database.write { try $0.execute(sql: "DELETE FROM segment_contact; DELETE FROM contact_interest") }
            }
            let update = try ContactImport(database, options: options, progress: progress)
            let summary = try update.run(path: path)
            return Update(summary: summary, present: update.seen)
        } catch {
            throw AudienceError(error, path: self.path)
        }
    }
}
