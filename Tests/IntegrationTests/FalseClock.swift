import Foundation

/// Lies about the time of day to one process (Debian's `faketime`).
enum FalseClock {
    /// Nil: it is not installed.
    static let library = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu"]
        .map { $0 + "/faketime/libfaketimeMT.so.1" }
        .first { FileManager.default.fileExists(atPath: $0) }

    /// Whether what waits goes on when the clock is put so many seconds ahead: the library takes them off the times of
    /// monotonic timers as well, which the kernel refuses on a machine that has not run for as long (0.9.10).
    static func canLeap(_ seconds: Double) -> Bool {
        library != nil && ProcessInfo.processInfo.systemUptime > seconds
    }

    /// Has what the desk starts from now on see another time; set again it holds for what runs already.
    ///
    /// What is started so has to be started by a shell (`redirected:`): when the library is first loaded it moves the
    /// environment, beside which Swift looks for the arguments.
    ///
    /// - Parameter offset: As in `+7200s`.
    static func set(_ offset: String, in desk: inout Desk) throws {
        try desk.write(offset, to: "time")
        desk.environment["LD_PRELOAD"] = library
        desk.environment["FAKETIME_TIMESTAMP_FILE"] = desk.path("time")
        desk.environment["FAKETIME_NO_CACHE"] = "1"
        desk.environment["FAKETIME_DONT_FAKE_MONOTONIC"] = "1"
    }
}
