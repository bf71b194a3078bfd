import ArgumentParser
import Fanfare
import Foundation

/// Which part of an audience is meant.
struct SelectionOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Only contacts with this tag.", valueName: "name"))
    var tag: String?
    @Option(
        help: ArgumentHelp(
            "Only contacts of a segment: a saved one's name, or {match: all, conditions: [...]} as in a job file.",
            valueName: "segment"
        )
    )
    var segment: String?
    @Option(help: ArgumentHelp("Only contacts that this job selects; its contact file is not read.", valueName: "job"))
    var job: String?

    func validate() throws {
        if [tag, segment, job].count(where: { $0 != nil }) > 1 {
            throw ValidationError("--tag, --segment and --job exclude each other")
        }
    }

    /// The part; everyone where none was chosen.
    ///
    /// - Throws: `JobError`.
    var part: RecipientSelection.Part {
        get throws {
            if let tag { return .tag(tag) }
            if let segment { return try SegmentText.parse(segment, from: "--segment") }
            guard let job else { return .everyone }
            let environment = ProcessInfo.processInfo.environment
            return try JobFile.load(path: job, environment: environment).job.audience.selection.part
        }
    }
}

extension Audience {
    /// The conditions behind a part of it.
    ///
    /// - Throws: `AudienceError`; `ValidationError` for a part without conditions.
    func definition(of part: RecipientSelection.Part) throws -> SegmentDefinition {
        switch part {
        case .segment(let definition): return definition
        case .savedSegment(let name): return try savedSegment(named: name)
        case .tag(let name):
            let condition = SegmentDefinition.Condition(field: "static_segment", op: "static_is", value: .text(name))
            return SegmentDefinition(match: .all, conditions: [condition])
        case .everyone: throw ValidationError("name what is to be tried: --segment, --tag or --job")
        }
    }
}
