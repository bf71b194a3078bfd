/// Everything that is wrong with one job file.
public struct JobError: Error, Sendable, CustomStringConvertible {
    /// The problems in the order of the file; at least one.
    public let problems: [JobProblem]
    /// The file.
    public let source: JobSource
    /// What could be read in spite of the problems, defaults in the place of what could not: for finding more problems,
    /// never for running.
    public let readable: JobFile?

    /// - Parameters:
    ///   - problems: At least one.
    ///   - source: The file they are in.
    ///   - readable: What could be read all the same.
    public init(_ problems: [JobProblem], in source: JobSource, readable: JobFile? = nil) {
        // A reader's own mistake, whatever the file says: it would throw and name no cause.
        precondition(!problems.isEmpty, "an error without a problem")
        self.problems = problems.sorted { left, right in
            switch (left.place, right.place) {
            case (let left?, let right?): left < right
            case (nil, .some): true
            default: false
            }
        }
        self.source = source
        self.readable = readable
    }

    /// All problems as ``JobSource/report(_:)`` prints them.
    public var description: String { source.report(problems) }
}
