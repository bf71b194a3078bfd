public import FanfareAudience

/// A segment written by itself, in the form that it has in a job file.
public enum SegmentText {
    /// Reads the conditions, `{match: all, conditions: [...]}` as YAML or JSON, or the name of a saved segment.
    ///
    /// How many conditions there are in all is left to the check against an audience, as are their meanings.
    ///
    /// - Parameters:
    ///   - text: What was written.
    ///   - origin: What to call it in errors, for example an option.
    ///   - limits: How large a segment may be.
    /// - Throws: ``JobError`` with all its problems.
    public static func parse(
        _ text: String,
        from origin: String,
        limits: SegmentLimits = .own
    ) throws(JobError) -> RecipientSelection.Part {
        let format = SegmentSection.format(limits)
        let reading = Reading(environment: [:], folder: "", whole: "a segment")
        let read = try format.outcome(of: Array(text.utf8), file: origin, reading)
        if let part = read.value, read.problems.isEmpty { return part }
        let missing = JobProblem(
            .wrongType,
            place: nil,
            message: "nothing was written",
            accepted: format.accepted
        )
        throw JobError(read.problems.isEmpty ? [missing] : read.problems, in: read.source)
    }

    /// The JSON Schema of conditions in Fanfare's own form, in which `condition` is a schema that it refers to.
    ///
    /// - Parameter condition: What the reference to that schema is.
    package static func schema(condition: String) -> JSONValue {
        SegmentSection.ownSchema.referring(to: { _ in condition })
    }

    /// The schema of one condition.
    package static var conditionSchema: JSONValue { ConditionSection.definition }

    /// The segment in the form that ``parse(_:from:limits:)`` reads.
    package static func value(of definition: SegmentDefinition) -> JSONValue {
        // It holds no secrets.
        JobEncoder { _ in .null }.encode(definition)
    }
}
