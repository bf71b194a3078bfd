import FanfareTesting
import GRDB
import Glibc

@testable import FanfareDelivery

/// A disk that a test fills and empties.
enum Disk: CaseIterable, Sendable {
    /// SQLite reports `SQLITE_FULL` to whoever commits to the ledger.
    case injected
    /// A small file system of its own; only where the tests may mount one.
    case mounted

    /// Those there are here.
    static let available = allCases.filter { $0 == .injected || canMount }

    private static let canMount: Bool = {
        guard let folder = try? TemporaryFolder() else { return false }
        defer { try? folder.remove() }
        return mount("tmpfs", folder.path, "tmpfs", 0, "size=1m") == 0 && umount2(folder.path, Int32(MNT_DETACH)) == 0
    }()

    /// Runs a test in a folder on it.
    func withFolder(_ body: (TemporaryFolder) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            if self == .mounted, mount("tmpfs", folder.path, "tmpfs", 0, "size=8m") != 0 { throw MountFailed() }
            defer { if self == .mounted { umount2(folder.path, Int32(MNT_DETACH)) } }
            try await body(folder)
        }
    }

    struct MountFailed: Error {}

    func fill(_ ledger: Ledger, _ folder: TemporaryFolder) throws {
        switch self {
        case .injected: try ledger.makeFull()
        case .mounted:
            let file = fopen(folder.path("filler"), "w")
            defer { fclose(file) }
            setbuf(file, nil)
            let block = [UInt8](repeating: 0, count: 4096)
            while fwrite(block, 1, block.count, file) == block.count {}
        }
    }

    func empty(_ ledger: Ledger, _ folder: TemporaryFolder) throws {
        switch self {
        case .injected: try ledger.makeRoom()
        case .mounted: unlink(folder.path("filler"))
        }
    }
}

extension Ledger {
    /// From now on every commit fails: a table whose keys are used up is SQLite's other way to report `SQLITE_FULL`.
    fileprivate func makeFull() throws {
        try openForWriting().writeWithoutTransaction { db in
            try db.inTransaction(.immediate) {
                try db.execute(
                    sql: """
                        CREATE TABLE full (id INTEGER PRIMARY KEY AUTOINCREMENT);
                        INSERT INTO full VALUES (9223372036854775807);
                        CREATE TRIGGER is_full BEFORE UPDATE ON progress BEGIN INSERT INTO full VALUES (NULL); END;
                        """
                )
                return .commit
            }
        }
    }

    fileprivate func makeRoom() throws {
        try openForWriting().writeWithoutTransaction { try $0.execute(sql: "DROP TRIGGER is_full; DROP TABLE full") }
    }
}
