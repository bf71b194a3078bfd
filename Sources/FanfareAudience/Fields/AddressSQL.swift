/// SQL over columns of address fields: an address is a JSON object, or the line that came.
enum AddressSQL {
    /// Whether an address came as an object, not as a line.
    static func isObject(_ column: String) -> String {
        "json_valid(\(column)) AND json_type(\(column)) = 'object'"
    }

    /// An address as templates show it: in one line.
    static func line(_ column: String) -> String {
        let parts = ["addr1", "addr2", "city", "state", "zip", "country"]
        let order = parts.enumerated().map { "WHEN '\($1)' THEN \($0)" }.joined(separator: " ")
        let names = parts.map { "'\($0)'" }.joined(separator: ", ")
        return """
            CASE WHEN \(isObject(column)) THEN (SELECT group_concat(value, ', ') FROM (SELECT value \
            FROM json_each(\(column)) WHERE key IN (\(names)) AND value <> '' ORDER BY CASE key \(order) END)) \
            ELSE \(column) END
            """
    }
}
