import FanfarePayload
public import FanfareStore
import Foundation
public import GRDB
import NIOConcurrencyHelpers

/// The suppression list of an installation: addresses that are never contacted again, whatever audience or file names
/// them. A table of the catalogue; see ``SuppressedAddresses`` for how an address is known.
///
/// Any thread. One for each process that has the catalogue open; the owner's sees what it changes itself. It is of use as
/// long as somebody keeps the catalogue; what was read stays known.
public final class SuppressionList: Sendable {
    /// Why an address is on the list; stored.
    public enum Reason: String, Sendable, Hashable, CaseIterable, Codable {
        /// The operator put it there.
        case asked
        /// Its contact was deleted for good.
        case erased
    }

    /// An address that is on the list, as far as anybody can say.
    public struct Entry: Sendable, Hashable {
        /// 32 hexadecimal digits.
        public let hash: String
        /// Unix seconds.
        public let added: Int64
        /// Why.
        public let reason: Reason?
    }

    private static let schema = Schema(
        module: "suppression",
        steps: [
            .init("1 tables") {
                try $0.execute(
                    sql: """
                        CREATE TABLE suppressed (
                            hash BLOB PRIMARY KEY,
                            added INTEGER NOT NULL,
                            reason TEXT NOT NULL
                        ) WITHOUT ROWID;
                        CREATE TABLE suppression_key (
                            id INTEGER PRIMARY KEY CHECK (id = 1),
                            mark BLOB NOT NULL
                        );
                        """
                )
            }
        ]
    )

    /// Not kept: a fan-out that has ended here may be held by somebody who wants to know its counts, and is to keep
    /// nobody from the directory.
    private weak let opened: DatabaseQueue?
    private let sealingKey: @Sendable () throws -> [UInt8]
    private let state = NIOLockedValueBox<State>(.unread)

    private enum State {
        case unread
        case read(SuppressedAddresses?)
    }

    /// - Parameters:
    ///   - catalogue: `fanfare.sqlite`.
    ///   - directory: Where the key file is.
    public init(_ catalogue: DatabaseQueue, in directory: DataDirectory) {
        opened = catalogue
        sealingKey = { [path = directory.keyPath, access = directory.access] in
            try DataDirectory.sealingKey(at: path, access)
        }
    }

    private var catalogue: DatabaseQueue {
        get throws {
            guard let opened else { throw StoreError(.misuse, "the catalogue of the suppression list is closed") }
            return opened
        }
    }

    /// The list of a data directory that is only looked at, as it is now. Nothing is left behind there: without a
    /// write-ahead log nobody has the catalogue open, and it is read as a file that nobody writes.
    ///
    /// - Parameter directory: With a catalogue.
    /// - Throws: As ``addresses()``.
    public static func read(of directory: DataDirectory) throws -> SuppressionList {
        let path = directory.cataloguePath
        if !Durability.fileExists(path + "-wal") {
            // Somebody may begin to write just then: it is then read as one that is written.
            do { return try read(DatabaseFile.open(path, mode: .unchanging), directory) } catch {}
        }
        return try read(DatabaseFile.open(path, mode: .readOnly), directory)
    }

    private static func read(_ catalogue: DatabaseQueue, _ directory: DataDirectory) throws -> SuppressionList {
        let list = SuppressionList(catalogue, in: directory)
        _ = try list.addresses()
        return list
    }

    // MARK: Asking

    /// Who is on it now; nil: nobody is, and there is nothing to look up.
    ///
    /// - Throws: `StoreError`, also when the list was made under another key file than there is: nobody could be found
    ///   on it.
    public func addresses() throws -> SuppressedAddresses? {
        if case .read(let addresses) = state.withLockedValue({ $0 }) { return addresses }
        return try read()
    }

    /// The same once it was read without trouble; nil before.
    ///
    /// Costs a lock: for hot paths, whose process has called ``addresses()`` before.
    public var known: SuppressedAddresses? {
        if case .read(let addresses) = state.withLockedValue({ $0 }) { return addresses }
        return nil
    }

    /// All that is on it, oldest first.
    public func entries() throws -> [Entry] {
        try catalogue.read { db in
            guard try db.tableExists("suppressed") else { return [] }
            return try Row.fetchAll(db, sql: "SELECT hash, added, reason FROM suppressed ORDER BY added, hash").map {
                Entry(hash: Hexadecimal.text($0[0] as Data), added: $0[1], reason: Reason(rawValue: $0[2]))
            }
        }
    }

    private func read() throws -> SuppressedAddresses? {
        let hashes = try catalogue.read { db -> Set<UInt64> in
            guard try db.tableExists("suppressed") else { return [] }
            var hashes: Set<UInt64> = []
            let rows = try Data.fetchCursor(db, sql: "SELECT hash FROM suppressed")
            while let hash = try rows.next() { hashes.insert(SuppressedAddresses.prefix(of: hash)) }
            return hashes
        }
        let addresses = hashes.isEmpty ? nil : SuppressedAddresses(try key(), hashes)
        state.withLockedValue { $0 = .read(addresses) }
        return addresses
    }

    /// - Throws: `StoreError` with `incompatible` when what is on the list was put there under another.
    private func key() throws -> HMACKey {
        let key = SuppressedAddresses.key(from: try sealingKey())
        let mark = try catalogue.read { db in try Data.fetchOne(db, sql: "SELECT mark FROM suppression_key") }
        guard let mark, mark != Self.mark(of: key) else { return key }
        throw StoreError(
            .incompatible,
            "the suppression list was made under another key file than there is, and nobody can be found on it: put that "
                + "one back in its place"
        )
    }

    private static func mark(of key: HMACKey) -> Data {
        Array("mark".utf8).withUnsafeBytes { Data(SuppressedAddresses.hash($0, key).prefix(8)) }
    }

    // MARK: Changing it, for the owner

    /// Puts addresses on it.
    ///
    /// - Returns: How many were not on it before.
    /// - Throws: ``AudienceError`` with `invalidAddress` for what is none, `StoreError`.
    @discardableResult
    public func add(_ addresses: [String], reason: Reason = .asked, now: Int64 = currentUnixTime()) throws -> Int {
        try change { db, key in
            try addresses.reduce(0) { count, address in
                try Self.check(address)
                return count + (try Self.insert(Self.hash(address, key), reason, now, db) ? 1 : 0)
            }
        }
    }

    /// Takes addresses off it.
    ///
    /// - Returns: How many were on it.
    /// - Throws: As ``add(_:reason:now:)``.
    @discardableResult
    public func remove(_ addresses: [String]) throws -> Int {
        try change { db, key in
            try addresses.reduce(0) { count, address in
                try Self.check(address)
                try db.execute(sql: "DELETE FROM suppressed WHERE hash = ?", arguments: [Self.hash(address, key)])
                return count + db.changesCount
            }
        }
    }

    /// Puts a contact's address on it together with what the body writes into the catalogue, in one transaction, at a
    /// Unix time in seconds.
    public func add<Value>(
        erased address: String,
        now: Int64 = currentUnixTime(),
        with body: (Database) throws -> Value
    ) throws -> Value {
        try change { db, key in
            _ = try Self.insert(Self.hash(address, key), .erased, now, db)
            return try body(db)
        }
    }

    private func change<Value>(_ body: (Database, HMACKey) throws -> Value) throws -> Value {
        try Self.schema.migrate(try catalogue)
        let key = try key()
        let value = try catalogue.write { db in
            try db.execute(
                sql: "INSERT OR IGNORE INTO suppression_key (id, mark) VALUES (1, ?)",
                arguments: [Self.mark(of: key)]
            )
            return try body(db, key)
        }
        _ = try read()
        return value
    }

    private static func insert(_ hash: Data, _ reason: Reason, _ now: Int64, _ db: Database) throws -> Bool {
        try db.execute(
            sql: "INSERT OR IGNORE INTO suppressed (hash, added, reason) VALUES (?, ?, ?)",
            arguments: [hash, now, reason.rawValue]
        )
        return db.changesCount > 0
    }

    private static func check(_ address: String) throws {
        if let fault = fault(of: address) { throw AudienceError(.invalidAddress, fault) }
    }

    private static func hash(_ address: String, _ key: HMACKey) throws -> Data {
        let bytes = Array(try folded(address).utf8)
        return bytes.withUnsafeBytes {
            Data(SuppressedAddresses.hash($0, key).prefix(SuppressedAddresses.hashLength))
        }
    }
}

extension SuppressionList {
    /// The SQL function `is_suppressed` of a folded address, in the place of that which says no to everybody.
    func function() -> DatabaseFunction {
        DatabaseFunction("is_suppressed", argumentCount: 1) { [self] values in
            guard let text = String.fromDatabaseValue(values[0]), let known = try addresses() else { return false }
            var address = text
            return address.withUTF8 { known.contains(folded: UnsafeRawBufferPointer($0)) }
        }
    }

    /// Registers the SQL function that tells who is on the list on a connection.
    public func register(_ db: Database) { db.add(function: function()) }
}
