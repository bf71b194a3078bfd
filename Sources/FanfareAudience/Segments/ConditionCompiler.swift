import Foundation

/// Turns checked conditions into SQL over `contact`, with bound operands.
///
/// Negative operators include contacts that have no value.
struct ConditionCompiler {
    /// The name under which the file is attached; nil: the connection's own.
    let schema: String?
    /// What the query calls `contact`.
    let alias: String
    let context: SegmentContext

    func predicate(_ condition: Condition) -> SelectionPredicate {
        switch condition {
        case .text(let column, let test, let operand): text("\(alias).\(column)", test, operand)
        case .address(let column, let contains, let operand):
            text(AddressSQL.line("\(alias).\(column)"), contains ? .contains : .notContain, operand)
        case .number(let column, let comparison, .integer(let value)):
            compare("\(alias).\(column)", comparison, SelectionPredicate("?", value))
        case .number(let column, let comparison, .real(let value)):
            compare("\(alias).\(column)", comparison, SelectionPredicate("?", value))
        case .day(let column, let comparison, let day):
            compare("\(alias).\(column)", comparison, SelectionPredicate("?", day))
        case .time(let column, let test): time("\(alias).\(column)", test)
        case .blank(let column, let isBlank):
            SelectionPredicate("\(alias).\(column) IS \(isBlank ? "" : "NOT ")NULL")
        case .vip(let isMember): SelectionPredicate("\(alias).vip IS \(isMember ? "" : "NOT ")1")
        case .tag(let id, let isMember): membership(segment: id, isMember: isMember)
        case .groups(let test, let ids): groups(test, ids)
        case .near(let circle, let isInside): near(circle, isInside: isInside)
        case .unlocated:
            SelectionPredicate("\(alias).country IS NULL AND \(alias).region IS NULL AND \(isLocated) IS NOT TRUE")
        }
    }

    /// Whether a contact is in a tag or static segment.
    func membership(segment: Int64, isMember: Bool) -> SelectionPredicate {
        if context.isOfSingleContacts {
            return SelectionPredicate(
                "\(isMember ? "" : "NOT ")EXISTS "
                    + "(SELECT 1 FROM \(table("segment_contact")) WHERE segment_id = ? AND contact_id = \(alias).id)",
                segment
            )
        }
        return SelectionPredicate(
            "\(alias).id \(isMember ? "" : "NOT ")IN "
                + "(SELECT contact_id FROM \(table("segment_contact")) WHERE segment_id = ?)",
            segment
        )
    }

    private func groups(_ test: GroupTest, _ ids: [Int64]) -> SelectionPredicate {
        // Numbers read from the file, at most `GroupNames.limit` of them: what is bound is limited more.
        let list = ids.map(String.init).joined(separator: ", ")
        if context.isOfSingleContacts {
            let wanted = test == .all ? "= \(ids.count)" : test == .none ? "= 0" : "> 0"
            return SelectionPredicate(
                "(SELECT count(*) FROM \(table("contact_interest")) "
                    + "WHERE contact_id = \(alias).id AND interest_id IN (\(list))) \(wanted)"
            )
        }
        let all = test == .all ? " GROUP BY contact_id HAVING count(*) = \(ids.count)" : ""
        return SelectionPredicate(
            "\(alias).id \(test == .none ? "NOT " : "")IN "
                + "(SELECT contact_id FROM \(table("contact_interest")) WHERE interest_id IN (\(list))\(all))"
        )
    }

    private func table(_ name: String) -> String { schema.map { "\(quotedIdentifier($0)).\(name)" } ?? name }

    // MARK: Places

    /// Mailchimp writes 0, 0 where it does not know a place, and nobody lives there. NULL where one of them is missing.
    var isLocated: String { "(abs(\(alias).latitude) + abs(\(alias).longitude) > 0)" }

    /// The band of latitudes spares most contacts the trigonometry.
    private func near(_ circle: Circle, isInside: Bool) -> SelectionPredicate {
        let sql = """
            (\(alias).latitude BETWEEN ? AND ? AND \(isLocated) \
            AND miles(\(alias).latitude, \(alias).longitude, ?, ?) <= ?) IS \(isInside ? "" : "NOT ")TRUE
            """
        let band = circle.latitudes
        return SelectionPredicate(
            sql,
            band.lowerBound,
            band.upperBound,
            circle.latitude,
            circle.longitude,
            circle.radius
        )
    }

    // MARK: Comparisons

    private func compare(_ column: String, _ comparison: Comparison, _ value: SelectionPredicate) -> SelectionPredicate
    {
        let sql =
            switch comparison {
            case .equals: "\(column) = \(value.sql)"
            case .not: "\(column) IS NOT \(value.sql)"
            case .greater: "\(column) > \(value.sql)"
            case .less: "\(column) < \(value.sql)"
            }
        var predicate = SelectionPredicate(sql)
        predicate.arguments = value.arguments
        return predicate
    }

    /// SQLite itself folds ASCII, which is enough for an operand of ASCII; any other needs the function.
    private func text(_ column: String, _ test: TextOperator, _ operand: String) -> SelectionPredicate {
        let isASCII = operand.utf8.allSatisfy { $0 < 0x80 }
        let value = isASCII ? column : "fold(\(column))"
        let argument = isASCII ? "?" : "fold(?)"
        let collation = isASCII ? " COLLATE NOCASE" : ""
        switch test {
        case .equals: return SelectionPredicate("\(value) = \(argument)\(collation)", operand)
        case .not: return SelectionPredicate("\(value) IS NOT \(argument)\(collation)", operand)
        case .greater: return SelectionPredicate("\(value) > \(argument)\(collation)", operand)
        case .less: return SelectionPredicate("\(value) < \(argument)\(collation)", operand)
        case .contains: return like(value, argument, "%\(escaped(operand))%")
        case .starts: return like(value, argument, "\(escaped(operand))%")
        case .ends: return like(value, argument, "%\(escaped(operand))")
        case .notContain:
            var negative = like(value, argument, "%\(escaped(operand))%")
            negative.sql += " IS NOT TRUE"
            return negative
        }
    }

    private func like(_ value: String, _ argument: String, _ pattern: String) -> SelectionPredicate {
        SelectionPredicate("(\(value) LIKE \(argument) ESCAPE '\\')", pattern)
    }

    private func escaped(_ operand: String) -> String {
        var result = ""
        for character in operand {
            if character == "%" || character == "_" || character == "\\" { result.append("\\") }
            result.append(character)
        }
        return result
    }

    private func time(_ column: String, _ test: TimeTest) -> SelectionPredicate {
        switch test {
        case .day(let comparison, let day):
            let begin = beginning(of: day, plusDays: 0)
            let end = beginning(of: day, plusDays: 1)
            return switch comparison {
            case .equals: SelectionPredicate("\(column) >= ? AND \(column) < ?", begin, end)
            case .not: SelectionPredicate("(\(column) IS NULL OR \(column) < ? OR \(column) >= ?)", begin, end)
            case .greater: SelectionPredicate("\(column) >= ?", end)
            case .less: SelectionPredicate("\(column) < ?", begin)
            }
        case .lastDays(let days, let isWithin):
            let today = Date(timeIntervalSince1970: TimeInterval(context.now))
            let begin = beginning(of: today, plusDays: -days)
            let end = beginning(of: today, plusDays: 1)
            return isWithin
                ? SelectionPredicate("\(column) >= ? AND \(column) < ?", begin, end)
                : SelectionPredicate("(\(column) IS NULL OR \(column) < ? OR \(column) >= ?)", begin, end)
        }
    }

    private var calendar: Calendar {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = context.timeZone
        return calendar
    }

    /// Noon is in every day of every zone; its day's first second is what counts.
    private func beginning(of day: CalendarDay, plusDays days: Int) -> Int64 {
        let components = DateComponents(year: day.year, month: day.month, day: day.day, hour: 12)
        let noon = calendar.date(from: components) ?? Date(timeIntervalSince1970: TimeInterval(context.now))
        return beginning(of: noon, plusDays: days)
    }

    private func beginning(of date: Date, plusDays days: Int) -> Int64 {
        let moved = calendar.date(byAdding: .day, value: days, to: date) ?? date
        return Int64(calendar.startOfDay(for: moved).timeIntervalSince1970)
    }
}
