/// What libyaml's terse words mean to somebody who writes a job file.
struct SyntaxAdvice {
    /// Nil: libyaml's own words must do.
    let message: String?
    let suggestion: String?
    /// Whether the fault lies where the thing began that libyaml was reading, not where it gave up.
    let liesAtBeginning: Bool

    /// - Parameters:
    ///   - problem: libyaml's `problem`, one of its fixed texts.
    ///   - context: libyaml's `context`, one of its fixed texts.
    ///   - character: What stands at the place of the problem.
    init(problem: String, context: String, character: Unicode.Scalar?) {
        let words = SyntaxAdvice.table.first { entry in
            problem.contains(entry.problem) && context.contains(entry.context)
                && (entry.character == nil || entry.character == character)
        }
        message = words?.message
        suggestion = words?.suggestion
        liesAtBeginning = words?.liesAtBeginning ?? false
    }

    private struct Entry {
        var problem = ""
        var context = ""
        var character: Unicode.Scalar?
        let message: String
        let suggestion: String
        var liesAtBeginning = false
    }

    private static let table = [
        Entry(
            problem: "cannot start any token",
            character: "\t",
            message: "a tab in the indentation",
            suggestion: "YAML is indented with spaces"
        ),
        Entry(
            problem: "cannot start any token",
            message: "a value cannot begin with this character",
            suggestion: "put quotes around the value"
        ),
        Entry(
            problem: "mapping values are not allowed",
            message: "a second `: ` in one line, or a line indented too far",
            suggestion: "put quotes around a value that holds `: `; check the indentation"
        ),
        Entry(
            problem: "unexpected end of stream",
            context: "quoted scalar",
            message: "a quote that is never closed",
            suggestion: "close it",
            liesAtBeginning: true
        ),
        Entry(
            problem: "unexpected document indicator",
            context: "quoted scalar",
            message: "a quote that is never closed",
            suggestion: "close it",
            liesAtBeginning: true
        ),
        Entry(
            problem: "unknown escape character",
            message: "an escape that YAML does not know",
            suggestion: "write \\\\ for a backslash, or use single quotes"
        ),
        Entry(
            problem: "invalid Unicode character escape",
            message: "an escape that is no character",
            suggestion: "write the character itself"
        ),
        Entry(
            problem: "expected ',' or ']'",
            message: "a list in brackets that goes wrong here",
            suggestion: "a comma or `]` is missing, or a value needs quotes"
        ),
        Entry(
            problem: "expected ',' or '}'",
            message: "a mapping in braces that goes wrong here",
            suggestion: "a comma or `}` is missing, or a value needs quotes"
        ),
        Entry(
            problem: "did not find expected key",
            message: "no key where one is expected",
            suggestion: "check the indentation; put quotes around a value that goes on after a closing quote"
        ),
        Entry(
            problem: "could not find expected ':'",
            message: "a line that is no `key: value`",
            suggestion: "a `:` is missing, or the line belongs to the value above and must be indented",
            liesAtBeginning: true
        ),
        Entry(
            problem: "did not find expected '-' indicator",
            message: "a list that goes wrong here",
            suggestion: "check the indentation of its `-`"
        ),
        Entry(
            problem: "found another document",
            message: "a second document (`---`) in one file",
            suggestion: "one job per file"
        ),
        Entry(
            problem: "block sequence entries are not allowed",
            message: "a list cannot begin here",
            suggestion: "begin it in the next line; put quotes around a text that begins with `- `"
        ),
    ]
}
