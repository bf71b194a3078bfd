import Glibc

/// A database's file and the two that SQLite keeps beside it.
struct DatabaseFiles {
    private let names: [String]

    init(_ path: String) { names = [path, path + "-wal", path + "-shm"] }

    /// Whether any of them is there.
    var exist: Bool { names.contains { access($0, F_OK) == 0 } }

    /// What they take on the disk, in bytes.
    var bytes: Int64 {
        names.reduce(0) { sum, name in
            var info = stat()
            return stat(name, &info) == 0 ? sum + Int64(info.st_blocks) * 512 : sum
        }
    }
}
