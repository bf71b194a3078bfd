import Foundation
import NIOConcurrencyHelpers

/// Another program that a test runs: its output goes to files, so that it never waits for a reader.
public final class ChildProcess: Sendable {
    /// What a program left behind.
    public struct Result: Sendable {
        /// Its exit status; -N when signal N ended it.
        public var status: Int32
        /// All it wrote to its standard output.
        public var output: String
        /// All it wrote to its standard error.
        public var errors: String
    }

    /// Its process id.
    public let id: Int32
    private let outputURL: URL
    private let errorsURL: URL
    private let ended: NIOLockedValueBox<Ending>

    private enum Ending {
        case running([CheckedContinuation<Void, Never>])
        case ended(Int32)
    }

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - program: Its path.
    ///   - arguments: Without its name.
    ///   - environment: Set beside what this process has.
    ///   - folder: Where its output is kept, and its current folder.
    /// - Throws: What starting threw.
    public init(
        _ program: String,
        _ arguments: [String],
        environment: [String: String] = [:],
        in folder: TemporaryFolder
    ) throws {
        let name = "output-" + UUID().uuidString
        outputURL = folder.url.appendingPathComponent(name + ".out")
        errorsURL = folder.url.appendingPathComponent(name + ".err")
        try Data().write(to: outputURL)
        try Data().write(to: errorsURL)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.currentDirectoryURL = folder.url
        process.standardInput = FileHandle.nullDevice
        let handles = [try FileHandle(forWritingTo: outputURL), try FileHandle(forWritingTo: errorsURL)]
        (process.standardOutput, process.standardError) = (handles[0], handles[1])
        let ended = NIOLockedValueBox(Ending.running([]))
        process.terminationHandler = { process in
            let status = process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
            let waiting = ended.withLockedValue { state -> [CheckedContinuation<Void, Never>] in
                guard case .running(let waiting) = state else { return [] }
                state = .ended(status)
                return waiting
            }
            for continuation in waiting { continuation.resume() }
        }
        try process.run()
        // The program has its own by now; a `Process` holds on to these longer than it runs, and starting the next fails
        // badly when thousands are open.
        for handle in handles { try handle.close() }
        id = process.processIdentifier
        self.ended = ended
    }

    /// Whether it has not ended yet.
    public var isRunning: Bool { status == nil }

    private var status: Int32? {
        ended.withLockedValue { if case .ended(let status) = $0 { status } else { nil } }
    }

    /// What it has written to its standard output so far.
    public var output: String { Self.text(outputURL) }

    /// What it has written to its standard error so far.
    public var errors: String { Self.text(errorsURL) }

    /// Sends it a signal, unless it has ended.
    ///
    /// - Parameter number: For example `SIGKILL`.
    public func signal(_ number: Int32) {
        if isRunning { kill(id, number) }
    }

    /// Waits until it has ended; kills it when it takes too long.
    ///
    /// - Parameter limit: How long to wait.
    /// - Returns: What it left behind.
    /// - Throws: ``TimeLimitExceeded``, with the end of its output.
    public func wait(within limit: Duration = .seconds(30)) async throws -> Result {
        let killer = Task {
            try await Task.sleep(for: limit)
            self.signal(SIGKILL)
            return true
        }
        await withCheckedContinuation { continuation in
            let hasEnded = ended.withLockedValue { state in
                guard case .running(let waiting) = state else { return true }
                state = .running(waiting + [continuation])
                return false
            }
            if hasEnded { continuation.resume() }
        }
        killer.cancel()
        if (try? await killer.value) == true {
            throw TimeLimitExceeded(waitedFor: "the end of process \(id): \((output + errors).suffix(2000))")
        }
        return Result(status: status ?? -1, output: output, errors: errors)
    }

    /// Waits until it has written something to its standard output.
    ///
    /// - Parameters:
    ///   - text: What it writes.
    ///   - limit: How long to wait.
    /// - Throws: ``TimeLimitExceeded``.
    public func waitForOutput(_ text: String, within limit: Duration = .seconds(10)) async throws {
        try await eventually("output “\(text)” of process \(id), had: \(output.suffix(500))", within: limit) {
            output.contains(text)
        }
    }

    private static func text(_ url: URL) -> String {
        (try? Data(contentsOf: url)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}

/// The programs that this package builds, found beside the tests.
public enum BuiltProgram {
    /// The path of one of them.
    ///
    /// - Parameter name: For example `fanfare`.
    public static func path(_ name: String) -> String {
        // The test bundle's executable stands in the folder that all products are built into.
        URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
            .appendingPathComponent(name).path
    }
}
