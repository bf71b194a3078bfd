import FanfareTesting
import Foundation

/// A file system in memory, mounted over a folder of a desk in a mount namespace of its own: nothing of it is seen
/// outside, and it is gone with the process that holds it.
struct SmallDisk {
    /// Whether this process may mount.
    static let isPossible: Bool = {
        guard getuid() == 0 else { return false }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
        process.arguments = ["-m", "mount", "-t", "tmpfs", "none", "/mnt"]
        process.standardError = FileHandle.nullDevice
        do {
            try process.run()
        } catch {
            return false
        }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }()

    private let desk: Desk
    private let holder: ChildProcess
    private let ballast: String

    /// Runs a test with a disk mounted.
    ///
    /// - Parameters:
    ///   - name: A folder of the desk.
    ///   - options: `mount`'s, for example `size=8m`.
    static func mounted(
        at name: String,
        of desk: Desk,
        options: String,
        _ body: (SmallDisk) async throws -> Void
    ) async throws {
        let path = desk.path(name)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        let holder = try ChildProcess(
            "/usr/bin/unshare",
            [
                "-m", "sh", "-c", "mount -t tmpfs -o \(options) none \"$0\" && echo mounted && exec tail -f /dev/null",
                path,
            ],
            in: desk.folder
        )
        defer { holder.signal(SIGKILL) }
        try await holder.waitForOutput("mounted")
        try await body(SmallDisk(desk: desk, holder: holder, ballast: "/proc/\(holder.id)/root\(path)/ballast"))
    }

    /// Starts the program where the disk is seen.
    func start(_ arguments: String...) throws -> ChildProcess {
        let shell = "cd \"$0\" && exec \"$@\""
        return try ChildProcess(
            "/usr/bin/nsenter",
            ["--target", String(holder.id), "--mount", "sh", "-c", shell, desk.folder.path]
                + [BuiltProgram.path("fanfare")] + arguments,
            environment: desk.environment,
            in: desk.folder
        )
    }

    /// Takes all room that is left.
    func fill() throws {
        let descriptor = open(ballast, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        guard descriptor >= 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
        defer { close(descriptor) }
        let block = [UInt8](repeating: 0, count: 4096)
        while write(descriptor, block, block.count) > 0 {}
    }

    /// Makes it larger.
    func grow(to size: String) async throws {
        let child = try ChildProcess(
            "/usr/bin/nsenter",
            ["--target", String(holder.id), "--mount", "mount", "-o", "remount,size=\(size)", desk.path("data")],
            in: desk.folder
        )
        guard try await child.wait().status == 0 else { throw TimeLimitExceeded(waitedFor: child.errors) }
    }

    /// Gives it back.
    func makeRoom() throws { try FileManager.default.removeItem(atPath: ballast) }
}
