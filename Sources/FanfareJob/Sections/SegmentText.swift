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
        let source: SourceText
        do throws(SourceFault) {
            source = try SourceText(Array(text.utf8), maximumBytes: SourceText.maximumBytes)
        } catch {
            throw JobError([error.problem], in: JobSource(file: origin))
        }
        let result = YAMLReader.read(source)
        var reading = Reading(environment: [:], folder: "", whole: "a segment")
        let format = SegmentSection.format(limits)
        let part = result.root.flatMap { format.read($0, &reading) }
        let problems = result.problems + reading.problems
        if let part, problems.isEmpty { return part }
        let missing = JobProblem(
            .wrongType,
            place: nil,
            message: "nothing was written",
            accepted: format.accepted
        )
        let lines = Concealment.shownLines(of: source, root: result.root, concealed: [])
        throw JobError(problems.isEmpty ? [missing] : problems, in: JobSource(file: origin, lines: lines))
    }

    /// The JSON Schema of conditions in Fanfare's own form, in which `condition` is a schema that it refers to.
    ///
    /// - Parameter condition: What the reference to that schema is.
    package static func schema(condition: String) -> JSONValue {
        SegmentSection.ownSchema.renaming(reference: "#/$defs/condition", to: condition)
    }

    /// The schema of one condition.
    package static var conditionSchema: JSONValue { ConditionSection.definition }

    /// The segment in the form that ``parse(_:from:limits:)`` reads.
    package static func value(of definition: SegmentDefinition) -> JSONValue {
        // It holds no secrets.
        JobEncoder { _ in .null }.encode(definition)
    }
}

extension JSONValue {
    fileprivate func renaming(reference old: String, to new: String) -> JSONValue {
        switch self {
        case .array(let items): .array(items.map { $0.renaming(reference: old, to: new) })
        case .object(let members):
            .object(
                members.map { member in
                    let isReference = member.key == "$ref" && member.value == .string(old)
                    let value = isReference ? .string(new) : member.value.renaming(reference: old, to: new)
                    return .init(key: member.key, value: value)
                }
            )
        default: self
        }
    }
}
