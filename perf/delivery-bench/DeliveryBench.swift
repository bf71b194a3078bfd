import Dispatch
import Fanfare

/// Runs the job file given with its data directory, opened to this machine's own addresses; prints what was delivered.
///
///     delivery-bench JOB DATA
///
/// Does what `fanfare run` does, and keeps its first thread: Debian 12's valgrind dies when that one ends, as it does in
/// a program whose main function is asynchronous.
@main
enum DeliveryBench {
    static func main() {
        let done = DispatchSemaphore(value: 0)
        // Detached: the first thread, on which this would run otherwise, waits below.
        Task.detached {
            do {
                try await deliver()
            } catch {
                print("delivery-bench: \(error)")
            }
            done.signal()
        }
        done.wait()
    }

    private static func deliver() async throws {
        var options = FanOutRun.Options()
        options.engine.egress.allowed = [try .init("127.0.0.0/8")]
        let job = try JobFile.load(path: CommandLine.arguments[1])
        let run = try await FanOutRun.start(job, in: Installation.own(CommandLine.arguments[2]), options)
        print(try await run.end().progress.counts[.delivered])
    }
}
