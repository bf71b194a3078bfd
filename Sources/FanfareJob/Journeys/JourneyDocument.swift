public import FanfarePayload

/// A journey and the text it came from.
public struct JourneyDocument: Sendable {
    /// What the text says.
    public let map: JourneyMap
    /// Where its values stand: for what other modules find wrong with them.
    package let source: JobSource
    /// The environment variables that it was read with, whether they were set or not.
    public let variables: Set<String>

    /// Reads a journey: YAML 1.2, of which JSON is a part.
    ///
    /// Secrets are read from where the text says they are. One that stands in the text itself may not be `[secret]`: that
    /// is what `JourneyMap.shown` has in the place of every secret. Fields, tags, groups and segments are left to the
    /// check against an audience.
    ///
    /// - Parameters:
    ///   - text: UTF-8.
    ///   - file: What to call it in errors.
    ///   - folder: Where relative paths start; empty: the current folder.
    ///   - environment: The environment, for `{env: NAME}` and `TZ`.
    ///   - mayNameFiles: Whether the text may name variables and files of this machine: their contents go where it says.
    /// - Throws: ``JobError`` with all problems of the text.
    /// - Returns: The journey.
    public static func read(
        _ text: [UInt8],
        file: String,
        folder: String,
        environment: [String: String],
        mayNameFiles: Bool = true
    ) throws(JobError) -> JourneyDocument {
        let reading = Reading(
            environment: environment,
            folder: folder,
            whole: "a journey",
            refusesShownSecrets: true,
            mayNameFiles: mayNameFiles
        )
        return try read(text, file: file, reading)
    }

    fileprivate static func read(
        _ text: [UInt8],
        file: String,
        _ reading: Reading
    ) throws(JobError) -> JourneyDocument {
        let read = try JourneySection.format.outcome(of: text, file: file, reading)
        guard let map = read.value, read.problems.isEmpty else { throw JobError(read.problems, in: read.source) }
        return JourneyDocument(map: map, source: read.source, variables: read.variables)
    }
}

// MARK: What other modules find

extension JourneyDocument {
    /// Where a starting point or a point of an id stands in the document: `["points", 3]`.
    ///
    /// - Parameter id: The id.
    /// - Returns: Nil when none has it.
    package func path(of id: String) -> [PathElement]? {
        if let index = map.points.firstIndex(where: { $0.id == id }) {
            return [.key(JourneySection.points.name), .index(index)]
        }
        return map.start.firstIndex { $0.id == id }.map { [.key(JourneySection.start.name), .index($0)] }
    }

    /// A problem that another module found in a value.
    ///
    /// - Parameters:
    ///   - code: What kind of thing is wrong.
    ///   - path: The value from the top of the document, such as `["points", 3, "field"]`; below a point's `webhook` by
    ///     the names of `WebhookDefinition`, as the template's errors have them.
    ///   - line: Where in the value's text, from 1.
    ///   - column: Where in that line, from 1.
    ///   - message: What is wrong.
    ///   - accepted: What is accepted.
    /// - Returns: The problem, with its place in the document.
    package func problem(
        _ code: JobProblem.Code = .badValue,
        at path: [PathElement],
        line: Int = 1,
        column: Int = 1,
        _ message: String,
        accepted: String? = nil
    ) -> JobProblem {
        source.problem(code, at: path, line: line, column: column, message: message, accepted: accepted)
    }

    /// Such problems as one error.
    ///
    /// - Parameter problems: At least one.
    /// - Returns: The error.
    package func error(_ problems: [JobProblem]) -> JobError { JobError(problems, in: source) }
}

// MARK: Stored and shown

extension JourneyMap {
    /// The journey as a sealed text that keeps its meaning, to be stored.
    ///
    /// What is sealed is itself a document, in JSON on one line, with every default written out and every path absolute. It
    /// is sealed as a whole, as keys and tokens stand not only where a webhook has secrets. Secrets that were read from
    /// the environment or a file stay references.
    ///
    /// - Parameter seal: Makes a text that only its counterpart, `open`, can read.
    /// - Throws: What `seal` throws.
    /// - Returns: The text.
    public func encoded(seal: (Secret) throws -> String) throws -> String {
        try seal(Secret(JobEncoder.open.encode(self).compact))
    }

    /// Reads what ``encoded(seal:)`` wrote. Secrets are read anew from where they are referred to.
    ///
    /// - Parameters:
    ///   - text: The text.
    ///   - name: What to call it in errors, such as `the journey Welcome`.
    ///   - environment: The environment, for secrets.
    ///   - open: Opens what `seal` sealed.
    /// - Throws: ``JobError`` with all problems: a variable that is gone, a seal that does not open, a damaged text.
    /// - Returns: The journey.
    public static func decoded(
        _ text: String,
        name: String,
        environment: [String: String],
        open: (String) throws -> Secret
    ) throws(JobError) -> JourneyMap {
        let bytes = try SealedText.bytes(of: text, name: name, open: open)
        let reading = Reading(environment: environment, folder: "", isStored: true, whole: "a journey")
        return try JourneyDocument.read(bytes, file: name, reading).map
    }

    /// The journey as a document for people, with every default written out.
    ///
    /// Every secret that stood in the text, also a header whose name sounds like one, is the text `[secret]`; those of the
    /// environment and of files are references.
    package var shown: JSONValue { JobEncoder.shown.encode(self) }
}
