public import GRDB

/// A condition on contacts as SQL, to be used in `SELECT … FROM SCHEMA.contact AS ALIAS WHERE` ``sql``.
///
/// The connection needs ``Audience/registerFunctions``.
public struct SelectionPredicate: Sendable {
    /// An SQL expression, in parentheses where it needs them, with a `?` for each argument.
    public var sql: String
    /// In order.
    public var arguments: [DatabaseValue]

    /// What GRDB takes.
    public var statementArguments: StatementArguments { StatementArguments(arguments) }
}

extension SelectionPredicate {
    init(_ sql: String, _ arguments: any DatabaseValueConvertible...) {
        self.sql = sql
        self.arguments = arguments.map(\.databaseValue)
    }

    func and(_ other: SelectionPredicate) -> SelectionPredicate {
        var both = self
        both.sql = "\(sql) AND \(other.sql)"
        both.arguments += other.arguments
        return both
    }
}
