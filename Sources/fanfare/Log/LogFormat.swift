/// How standard error is written.
enum LogFormat: String, Sendable, CaseIterable {
    /// For people.
    case text
    /// One JSON object a line, whatever it says: the log, what a command says beside it, and its progress.
    case json
}
