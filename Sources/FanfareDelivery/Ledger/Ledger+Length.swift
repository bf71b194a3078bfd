import GRDB
import Glibc

extension Ledger {
    /// Refuses a file that is shorter than its own header says: SQLite notices only when it wants a page that is gone.
    ///
    /// With a write-ahead log beside it the header may be newer than the file, and nothing is known.
    ///
    /// - Throws: ``DeliveryError`` with `ledgerDamaged`.
    func requireWholeLength() throws {
        var log = stat()
        if stat(path + "-wal", &log) == 0, log.st_size > 0 { return }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        // Whoever opens it next says why it cannot be opened.
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var header = [UInt8](repeating: 0, count: 32)
        var file = stat()
        guard pread(descriptor, &header, 32, 0) == 32, fstat(descriptor, &file) == 0 else { return }
        // https://www.sqlite.org/fileformat.html: page size at 16, with 1 for 65,536; pages at 28.
        let size = Int64(header[16]) << 8 | Int64(header[17])
        let pages = header[28..<32].reduce(Int64(0)) { $0 << 8 | Int64($1) }
        let length = pages * (size == 1 ? 65_536 : size)
        guard Int64(file.st_size) >= length else {
            throw damaged("it was cut short, to \(file.st_size) of \(length) bytes")
        }
    }

    /// Refuses a file that has fewer commits than it is known to have had: SQLite takes a write-ahead log that was cut
    /// short, or is gone, for an earlier state, in which who was sent to since is still to be sent to.
    ///
    /// Reads one row. Commits after the last end in good order, which a `kill -9` cut off, are known to nobody.
    ///
    /// - Throws: ``DeliveryError`` with `ledgerDamaged`.
    func requireLastState(_ database: DatabaseQueue) throws {
        guard leastCommits > 0 else { return }
        try describingDamage {
            let commits = try database.read { try Self.progress($0).commits }
            guard commits >= leastCommits else {
                throw damaged(
                    "it has \(commits) commits, and has had \(leastCommits): its -wal file was lost or cut short, or an "
                        + "older copy was put in its place"
                )
            }
        }
    }
}
