/// The statements that write a contact; all number their parameters alike.
struct ContactSQL {
    static let id = 1, status = 2, email = 3, emailKey = 4, uniqid = 5
    /// The values of the slots follow.
    static let firstValue = 6

    /// The slots that are written as they are parsed, in order.
    let slots: [Slot]
    /// Unix time in seconds.
    let now: Int64

    /// Parameters of a row.
    var width: Int { ContactSQL.firstValue - 1 + slots.count }

    /// Times and rating that a new contact has when the file says nothing of them.
    private var defaults: [(SystemColumn, String)] {
        [(.lastChanged, "\(now)"), (.optTime, "\(now)"), (.rating, "2"), (.vip, "0"), (.source, "'Import'")]
    }

    func insert(rows: Int) -> String {
        let fallbacks = Dictionary(uniqueKeysWithValues: defaults.map { ($0.0.rawValue, $0.1) })
        let written = slots.compactMap(\.target.column)
        let unmentioned = defaults.filter { !written.contains($0.0.rawValue) }
        let columns = ["id", "status", "email", "email_key", "uniqid"] + written + unmentioned.map(\.0.rawValue)
        let tuples = (0..<rows).map { row in
            let parameters = (1...width).map { "?\(row * width + $0)" }
            let values = zip(written, parameters.dropFirst(ContactSQL.firstValue - 1)).map { column, parameter in
                fallbacks[column].map { "coalesce(\(parameter), \($0))" } ?? parameter
            }
            let all = parameters.prefix(ContactSQL.firstValue - 1) + values + unmentioned.map(\.1)
            return "(\(all.joined(separator: ", ")))"
        }
        return "INSERT INTO contact (\(columns.joined(separator: ", "))) VALUES \(tuples.joined(separator: ", "))"
    }

    /// NULL leaves a value as it is.
    ///
    /// The empty text clears a merge field, for the file is what its owner says of the contact; of the standard columns
    /// it says nothing. The time of the last change moves only when something changes.
    func update() -> String {
        var assignments = ["status = ?\(ContactSQL.status)", "email = ?\(ContactSQL.email)"]
        var same = assignments
        var lastChanged = "\(now)"
        for (index, slot) in slots.enumerated() {
            guard let column = slot.target.column else { continue }
            let parameter = "?\(ContactSQL.firstValue + index)"
            if case .system(.lastChanged) = slot.target {
                lastChanged = "coalesce(nullif(\(parameter), ''), \(now))"
            } else if case .system = slot.target {
                let value = "coalesce(nullif(\(parameter), ''), \(column))"
                assignments.append("\(column) = \(value)")
                same.append("\(column) IS \(value)")
            } else {
                let value = "nullif(coalesce(\(parameter), \(column)), '')"
                assignments.append("\(column) = \(value)")
                same.append("\(column) IS \(value)")
            }
        }
        let changed = "last_changed = iif(\(same.joined(separator: " AND ")), last_changed, \(lastChanged))"
        let sets = (assignments + [changed]).joined(separator: ", ")
        return "UPDATE contact SET \(sets) WHERE id = ?\(ContactSQL.id)"
    }
}
