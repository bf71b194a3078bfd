import FanfareStore
import GRDB

/// 32 hexadecimal digits, drawn once: what makes one installation's ids differ from another's.
enum InstallationID {
    private static let schema = Schema(
        module: "installation",
        steps: [
            .init("1 id") { db in
                try db.execute(sql: "CREATE TABLE installation (id TEXT NOT NULL)")
                try db.execute(sql: "INSERT INTO installation (id) VALUES (?)", arguments: [RandomID.hex(digits: 32)])
            }
        ]
    )

    /// Draws the id, unless there is one.
    static func ensure(in catalogue: DatabaseQueue) throws -> String {
        try schema.migrate(catalogue)
        return try read(from: catalogue)
    }

    static func read(from catalogue: DatabaseQueue) throws -> String {
        try schema.require(in: catalogue)
        guard let id = try catalogue.read({ try String.fetchOne($0, sql: "SELECT id FROM installation") }) else {
            throw StoreError(.corrupt, "\(catalogue.path) has no installation id")
        }
        return id
    }
}

/// Identifiers from the system's random numbers.
enum RandomID {
    /// That many lower-case hexadecimal digits; an even number.
    static func hex(digits: Int) -> String {
        let alphabet = Array("0123456789abcdef".utf8)
        let text = randomBytes(digits / 2).flatMap { [alphabet[Int($0 >> 4)], alphabet[Int($0 & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }
}
