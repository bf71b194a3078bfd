import GRDBSQLite

/// The library beneath, for `--version`.
public enum StoreVersions {
    /// SQLite's version, for example `3.40.1`.
    public static var sqlite: String { String(cString: sqlite3_libversion()) }
}
