/// A checked condition: what is compared, how, and with what.
///
/// `column` is a column of `contact`, quoted where it needs it.
enum Condition: Sendable, Hashable {
    /// Text, without regard to case.
    case text(column: String, TextOperator, String)
    /// An address as one line, without regard to case.
    case address(column: String, contains: Bool, String)
    case number(column: String, Comparison, CellNumber)
    /// Days as `YYYY-MM-DD`, birthdays as `MM/DD`: text that compares as it sorts.
    case day(column: String, Comparison, String)
    /// A time in seconds against days of the account's time zone.
    case time(column: String, TimeTest)
    /// Whether there is no value.
    case blank(column: String, Bool)
    case vip(Bool)
    /// Whether the contact is in a segment of the kind `static`.
    case tag(id: Int64, isMember: Bool)
    /// Whether the contact is in groups, each named once.
    case groups(GroupTest, [Int64])
    /// Whether the contact's location is within a circle.
    case near(Circle, isInside: Bool)
    /// Nothing of the contact's location is known.
    case unlocated

    /// The one column that it is on; nil: none, or those of something else than a field.
    var column: String? {
        switch self {
        case .text(let column, _, _), .address(let column, _, _), .number(let column, _, _), .day(let column, _, _),
            .time(let column, _), .blank(let column, _):
            column
        case .vip, .tag, .groups, .near, .unlocated: nil
        }
    }
}

enum TextOperator: String, Sendable, Hashable, CaseIterable {
    case equals = "is", not, contains, notContain = "notcontain", starts, ends, greater, less
}

enum Comparison: String, Sendable, Hashable, CaseIterable {
    case equals = "is", not, greater, less
}

enum TimeTest: Sendable, Hashable {
    /// Compared with a whole day: `greater` is after its end, `less` before its beginning.
    case day(Comparison, CalendarDay)
    /// In the days from so many before today to the end of today.
    case lastDays(Int, isWithin: Bool)
}

/// In any of some groups, in all of them, or in none.
enum GroupTest: String, Sendable, Hashable, CaseIterable {
    case any = "interestcontains", all = "interestcontainsall", none = "interestnotcontains"
}

/// A number as SQLite compares it.
enum CellNumber: Sendable, Hashable {
    case integer(Int64)
    case real(Double)

    var double: Double {
        switch self {
        case .integer(let value): Double(value)
        case .real(let value): value
        }
    }
}
