import Fanfare

/// Runs the job file given, with progress; run again, it goes on. Further arguments are networks to open.
@main
struct FanOut {
    static func main() async throws {
        var options = FanOutRun.Options()
        options.engine.egress.allowed = try CommandLine.arguments.dropFirst(2).map { try .init($0) }
        let job = try JobFile.load(path: CommandLine.arguments[1])
        let run = try await FanOutRun.start(job, in: Installation.own("data"), options)
        print(run.isResumed ? "going on with \(run.recipients) contacts" : "\(run.recipients) contacts")
        for await now in run.snapshots(every: .seconds(1)) {
            let counts = now.progress.counts
            print("\(counts[.delivered]) delivered, \(counts[.dead]) dead, \(now.lane.inFlight) in flight")
        }
        if case .complete = try await run.end().cause { print("complete") }
    }
}
