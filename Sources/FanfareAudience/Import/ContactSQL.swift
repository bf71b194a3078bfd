/// The statements that write a contact; both number their parameters alike.
enum ContactSQL {
    static let id = 1, status = 2, now = 3, email = 4, emailKey = 5, uniqid = 6, firstValue = 7

    /// Times and rating that a new contact has when the file says nothing of them.
    private static let defaults: [(SystemColumn, String)] = [
        (.lastChanged, "?\(now)"), (.optTime, "?\(now)"), (.rating, "2"), (.vip, "0"), (.source, "'Import'"),
    ]

    static func insert(_ slots: [Slot]) -> String {
        var columns = ["id", "status", "email", "email_key", "uniqid"]
        var values = [id, status, email, emailKey, uniqid].map { "?\($0)" }
        for (index, slot) in slots.enumerated() {
            guard let column = slot.target.column else { continue }
            columns.append(column)
            let fallback = defaults.first { $0.0.rawValue == column }
            values.append(fallback.map { "coalesce(?\(firstValue + index), \($0.1))" } ?? "?\(firstValue + index)")
        }
        for (column, value) in defaults where !columns.contains(column.rawValue) {
            columns.append(column.rawValue)
            values.append(value)
        }
        return "INSERT INTO contact (\(columns.joined(separator: ", "))) VALUES (\(values.joined(separator: ", ")))"
    }

    /// An empty cell clears a merge field, for the file is what its owner says of the contact; of the standard columns
    /// it says nothing. The time of the last change moves only when something changes.
    static func update(_ slots: [Slot]) -> String {
        var assignments = ["status = ?\(status)", "email = ?\(email)"]
        var same = ["status = ?\(status)", "email = ?\(email)"]
        var lastChanged = "?\(now)"
        for (index, slot) in slots.enumerated() {
            guard let column = slot.target.column else { continue }
            let parameter = "?\(firstValue + index)"
            if case .system(.lastChanged) = slot.target {
                lastChanged = "coalesce(\(parameter), ?\(now))"
            } else if case .system = slot.target {
                assignments.append("\(column) = coalesce(\(parameter), \(column))")
                same.append("(\(parameter) IS NULL OR \(column) IS \(parameter))")
            } else {
                assignments.append("\(column) = \(parameter)")
                same.append("\(column) IS \(parameter)")
            }
        }
        let changed = "last_changed = iif(\(same.joined(separator: " AND ")), last_changed, \(lastChanged))"
        return "UPDATE contact SET \((assignments + [changed]).joined(separator: ", ")) WHERE id = ?\(id)"
    }
}
