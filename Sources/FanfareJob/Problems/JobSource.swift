/// The file a job was read from: where its values stand, and what of its lines may be shown.
///
/// It holds no secret: lines are kept as far as they may be shown.
public struct JobSource: Sendable {
    /// The file's path as given, or what else the text came from.
    public let file: String
    private let lines: [ShownLine]
    private let places: PlaceTree

    init(file: String, lines: [ShownLine] = [], places: PlaceTree = PlaceTree()) {
        self.file = file
        self.lines = lines
        self.places = places
    }

    /// Where the value of this path stands; when the file has no such value, the innermost one around it that it has.
    public func place(of path: [PathElement]) -> Place { places.place(of: path) }

    /// Where a position inside a value's text stands, as exactly as the way it is written allows: with escapes or in a
    /// folded block, where the value begins.
    ///
    /// - Parameters:
    ///   - path: The value.
    ///   - line: Its text's line, from 1.
    ///   - column: The column there in Unicode scalars, from 1.
    public func place(of path: [PathElement], line: Int, column: Int) -> Place {
        places.place(of: path, line: line, column: column)
    }

    /// A problem that another module found in a value.
    ///
    /// - Parameters:
    ///   - code: What kind of thing is wrong.
    ///   - path: The value, by the names of `WebhookDefinition` under `webhook`: its `signing.secrets` are the file's
    ///     `signing.secret`.
    ///   - line: Where in the value's text, from 1.
    ///   - column: Where in that line, from 1.
    ///   - message: What is wrong.
    ///   - accepted: What is accepted.
    public func problem(
        _ code: JobProblem.Code = .badValue,
        at path: [PathElement],
        line: Int = 1,
        column: Int = 1,
        message: String,
        accepted: String? = nil
    ) -> JobProblem {
        var path = path
        // A journey has its webhooks inside its points.
        if let webhook = path.firstIndex(of: "webhook"),
            path[webhook...].starts(with: ["webhook", "signing", "secrets"])
        {
            path[webhook + 2] = .key(SigningSection.secret.name)
        }
        let isWhole = line == 1 && column == 1
        // A job that a program has put together has no lines.
        let place: Place? =
            lines.isEmpty ? nil : isWhole ? places.place(of: path) : places.place(of: path, line: line, column: column)
        return JobProblem(
            code,
            path: path,
            place: place,
            message: "`\(path.dotted)`: \(message)",
            accepted: accepted
        )
    }

    /// What may be shown of a line, from 1.
    func line(_ number: Int) -> ShownLine? {
        lines.indices.contains(number - 1) ? lines[number - 1] : nil
    }
}

/// What may be shown of one line.
struct ShownLine: Sendable {
    /// The text up to the first thing that must not be shown.
    let text: String
    /// Whether that is less than the line.
    let isCut: Bool
}
