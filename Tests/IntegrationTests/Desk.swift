import FanfareReceiver
import FanfareTesting
import Foundation
import Testing

/// An operator's desk: a folder with a job file, a contact file and a data directory, and the built program.
///
/// Whatever the program writes is held against ``Plainness``.
struct Desk {
    /// The current folder of every command.
    let folder: TemporaryFolder
    /// Set beside what this process has; a test may change it.
    var environment: [String: String] = [
        "FANFARE_DATA": "data", "FANFARE_ALLOW_NETWORK": "127.0.0.0/8", "FANFARE_LOOPS": "",
        "FANFARE_LOG_LEVEL": "", "FANFARE_LOG_FORMAT": "", "FANFARE_METRICS": "",
    ]

    // MARK: Files

    /// Writes a file.
    @discardableResult
    func write(_ text: String, to name: String) throws -> String { try folder.write(text, to: name) }

    /// Writes a file that is not text.
    func write(bytes: [UInt8], to name: String) throws { try Data(bytes).write(to: URL(fileURLWithPath: path(name))) }

    /// The path of something in the folder.
    func path(_ name: String) -> String { folder.path(name) }

    /// What a file holds.
    func read(_ name: String) throws -> String { try String(contentsOfFile: path(name), encoding: .utf8) }

    /// Whether there is such a file.
    func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }

    /// Writes `contacts.csv` with `c1@example.com`, `c2@example.com`, …, their number in `N`.
    func writeContacts(_ count: Int) throws {
        try write("email,n\n" + (1...count).map { "c\($0)@example.com,\($0)\n" }.joined(), to: "contacts.csv")
    }

    /// Writes `job.yaml`: everybody of `contacts.csv` gets one JSON request.
    ///
    /// - Parameters:
    ///   - url: The webhook's.
    ///   - audience: Further lines of `audience`, each indented by two.
    ///   - webhook: Further lines of `webhook`.
    ///   - delivery: The lines of `delivery`.
    ///   - more: Further lines at the top.
    func writeJob(
        url: String,
        audience: String = "",
        webhook: String = "  data: {to: \"*|EMAIL|*\"}\n",
        delivery: String = "",
        more: String = ""
    ) throws {
        let settings = delivery.isEmpty ? "" : "delivery:\n\(delivery)\n"
        try write(
            """
            fanfare: 1
            name: job
            audience:
              import: contacts.csv
            \(audience)
            webhook:
              url: "\(url)"
            \(webhook)
            \(settings)\(more)

            """,
            to: "job.yaml"
        )
    }

    // MARK: Commands

    /// Starts the program.
    func start(_ arguments: String...) throws -> ChildProcess {
        try ChildProcess(BuiltProgram.path("fanfare"), arguments, environment: environment, in: folder)
    }

    /// Runs the program to its end.
    func fanfare(
        _ arguments: String...,
        within limit: Duration = .seconds(60),
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> ChildProcess.Result {
        let child = try ChildProcess(BuiltProgram.path("fanfare"), arguments, environment: environment, in: folder)
        return try await finish(child, within: limit, sourceLocation: sourceLocation)
    }

    /// Runs the program under a shell's limits.
    ///
    /// - Parameter limits: Commands that the shell runs before, for example `ulimit -n 256`.
    func fanfare(
        under limits: String,
        _ arguments: String...,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> ChildProcess.Result {
        let child = try ChildProcess(
            "/bin/bash",
            ["-c", "\(limits) && exec \"$0\" \"$@\"", BuiltProgram.path("fanfare")] + arguments,
            environment: environment,
            in: folder
        )
        return try await finish(child, within: .seconds(60), sourceLocation: sourceLocation)
    }

    /// Waits for a program that ``start(_:)`` started.
    func finish(
        _ child: ChildProcess,
        within limit: Duration = .seconds(60),
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> ChildProcess.Result {
        let result = try await child.wait(within: limit)
        Plainness.check(result.output + result.errors, sourceLocation)
        return result
    }
}

/// What a text for an operator must not hold.
enum Plainness {
    /// Words that only a programmer of this program knows.
    private static let foreign = [
        "Optional(", "optional(", "nil", "Fatal error", "Swift.", "Foundation.", "GRDB", "NSError", "Error Domain",
        "0x",
        "FanfareStore", "FanfareAudience", "FanfareJob", "FanfareDelivery", "FanfarePayload", ".swift:", "Stack dump",
        "StoreError", "JobError", "AudienceError", "PayloadError", "DeliveryError",
    ]

    static func check(_ text: String, _ sourceLocation: SourceLocation) {
        // An id or a secret is any letters, also those of a word.
        let words = text.replacing(/msg_[a-z2-7]{26}/, with: "msg_")
            .replacing(/v1,[A-Za-z0-9+\/=]+/, with: "v1,")
            .replacing(/whsec_[A-Za-z0-9+\/=]+/, with: "whsec_")
        for word in foreign where words.contains(word) {
            Issue.record("an operator is shown “\(word)”:\n\(text)", sourceLocation: sourceLocation)
        }
    }
}

/// Runs a test with a desk of its own, which is cleared whatever happens.
func withDesk(_ body: (inout Desk) async throws -> Void) async throws {
    try await withTemporaryFolder { folder in
        var desk = Desk(folder: folder)
        try await body(&desk)
    }
}

/// Runs a test with a desk and a receiver.
func withDesk(
    receiver behaviour: @escaping ScriptedReceiver.Behaviour,
    keepsBodies: Bool = false,
    _ body: (inout Desk, ScriptedReceiver) async throws -> Void
) async throws {
    try await withScriptedReceiver(behaviour, keepsBodies: keepsBodies) { receiver in
        try await withDesk { desk in try await body(&desk, receiver) }
    }
}

/// The objects of a text that has one JSON object a line; the whole text must be such lines.
func objects(_ text: String) throws -> [[String: Any]] {
    try text.split(separator: "\n").map { line in
        try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }
}
