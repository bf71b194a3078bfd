/// Everything that is wrong with one job file.
public struct JobError: Error, Sendable, CustomStringConvertible {
    /// The problems in the order of the file; at least one.
    public let problems: [JobProblem]
    /// The file.
    public let source: JobSource

    /// - Parameters:
    ///   - problems: At least one.
    ///   - source: The file they are in.
    public init(_ problems: [JobProblem], in source: JobSource) {
        precondition(!problems.isEmpty, "an error without a problem")
        self.problems = problems.sorted { left, right in
            switch (left.place, right.place) {
            case (let left?, let right?): left < right
            case (nil, .some): true
            default: false
            }
        }
        self.source = source
    }

    /// All problems as ``JobSource/report(_:)`` prints them.
    public var description: String { source.report(problems) }
}
