/// What a test waited for did not happen in time.
public struct TimeLimitExceeded: Error, CustomStringConvertible {
    /// What it was.
    public let waitedFor: String

    /// - Parameter waitedFor: What it was.
    public init(waitedFor: String) { self.waitedFor = waitedFor }

    /// One line.
    public var description: String { "not in time: \(waitedFor)" }
}

/// Waits until a condition holds that nobody signals (a file's content, another process), looking again every 5 ms.
///
/// - Parameters:
///   - what: What is waited for, for the error.
///   - limit: How long to wait.
///   - condition: True when it has happened.
/// - Throws: ``TimeLimitExceeded``, or what the condition threw.
public func eventually(
    _ what: String,
    within limit: Duration = .seconds(10),
    _ condition: () async throws -> Bool
) async throws {
    let clock = ContinuousClock()
    let end = clock.now + limit
    while try await !condition() {
        guard clock.now < end else { throw TimeLimitExceeded(waitedFor: what) }
        try await Task.sleep(for: .milliseconds(5))
    }
}
