public import GRDB

/// The tables that one module keeps in a file, as the named steps that lead to them.
///
/// Several modules may keep tables in one file; each has its own steps, told apart by the module's name.
public struct Schema: Sendable {
    /// One step; once released it never changes.
    public struct Step: Sendable {
        /// Unique within the module.
        public let name: String
        /// Runs in a transaction of its own.
        public let apply: @Sendable (Database) throws -> Void

        /// - Parameters:
        ///   - name: Unique within the module.
        ///   - apply: Makes the change.
        public init(_ name: String, apply: @escaping @Sendable (Database) throws -> Void) {
            self.name = name
            self.apply = apply
        }
    }

    /// The module's name, for example `audience`.
    public let module: String
    /// In the order in which they are applied.
    public let steps: [Step]

    /// - Parameters:
    ///   - module: The module's name.
    ///   - steps: In order.
    public init(module: String, steps: [Step]) {
        self.module = module
        self.steps = steps
    }

    private var identifiers: [String] { steps.map { "\(module).\($0.name)" } }

    /// Brings a file up to date with this module's tables.
    ///
    /// - Throws: ``StoreError``, `incompatible` when the file was made by a newer version.
    public func migrate(_ database: DatabaseQueue) throws(StoreError) {
        var migrator = DatabaseMigrator().disablingDeferredForeignKeyChecks()
        for (step, identifier) in zip(steps, identifiers) {
            migrator.registerMigration(identifier) { try step.apply($0) }
        }
        do {
            try refuseNewer(migrator, database)
            try migrator.migrate(database)
        } catch {
            throw StoreError(error, path: database.path)
        }
    }

    /// Checks, for a reader that cannot migrate, that a file has this module's tables.
    ///
    /// - Throws: ``StoreError``, `incompatible` when it was made by a newer or an older version.
    public func require(in database: DatabaseQueue) throws(StoreError) {
        do {
            let migrator = DatabaseMigrator()
            try refuseNewer(migrator, database)
            let applied = try database.read { try migrator.appliedIdentifiers($0) }
            guard applied.isSuperset(of: identifiers) else {
                throw StoreError(
                    .incompatible,
                    "\(database.path) has no tables of this version yet; open it once with a command that writes"
                )
            }
        } catch {
            throw StoreError(error, path: database.path)
        }
    }

    /// Checks that a file was not made by a newer version; one that has no tables yet passes.
    ///
    /// - Throws: ``StoreError``, `incompatible` when it was.
    public func refuseNewer(in database: DatabaseQueue) throws(StoreError) {
        do {
            try refuseNewer(DatabaseMigrator(), database)
        } catch {
            throw StoreError(error, path: database.path)
        }
    }

    private func refuseNewer(_ migrator: DatabaseMigrator, _ database: DatabaseQueue) throws {
        let applied = try database.read { try migrator.appliedIdentifiers($0) }
        let known = Set(identifiers)
        let newer = applied.filter { $0.hasPrefix(module + ".") && !known.contains($0) }
        guard newer.isEmpty else {
            throw StoreError(
                .incompatible,
                "\(database.path) was made by a newer version of fanfare (\(newer.sorted().joined(separator: ", "))); "
                    + "use that one, or a data directory of this one with --data"
            )
        }
    }
}
