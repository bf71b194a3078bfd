import FanfareAudience
import FanfareControl
import FanfareJob
import FanfarePayload
import FanfareTransport
import Foundation

extension RunOrder {
    /// The variables that the job is read with: those of whoever asked, but for `PATH`, as programs are started here; of
    /// a job that is only planned those of this process.
    var variables: [String: String] {
        let here = ProcessInfo.processInfo.environment
        if isPlanned { return here.merging(environment) { _, theirs in theirs } }
        var variables = environment
        variables["PATH"] = here["PATH"]
        return variables
    }

    /// The job as its file says it.
    ///
    /// - Throws: `JobError`.
    func job() throws(JobError) -> LoadedJob {
        let loaded = try JobCheck.load(
            JobText(Array(text.utf8), file: file, folder: folder),
            environment: variables,
            publicURL: publicURL.flatMap(PublicURL.init)
        )
        return series.flatMap { loaded.once(at: $0.time) } ?? loaded
    }

    /// The order for the next time of a job that comes again; nil: this was the last, or the only one.
    var next: RunOrder? {
        guard var series, let time = Recurrence.next(after: series.time, rule: series.rule, begins: series.begins)
        else {
            return nil
        }
        series.time = time
        var order = self
        (order.series, order.again, order.acceptsChanges, order.retry) = (series, true, false, nil)
        return order
    }

    /// What the operator asks for.
    var options: JobRun.Options {
        var options = JobRun.Options()
        (options.again, options.acceptChanges, options.environment) = (again, acceptsChanges, variables)
        return options
    }

    /// How its fan-out is run here.
    ///
    /// - Parameters:
    ///   - daemon: How the daemon is set up; where it may connect to, the job may too.
    ///   - origins: What all fan-outs of the daemon share.
    ///   - rejects: Where rejected rows are written.
    /// - Throws: `TransportError` for a network that is none.
    func runOptions(
        _ daemon: Daemon.Configuration,
        _ origins: OriginTable,
        rejects: String
    ) throws -> FanOutRun.Options {
        var run = FanOutRun.Options()
        run.waitsForSchedule = !startsNow
        run.importing = importing
        run.importing.rejectsPath = rejects
        let egress = try egress(daemon)
        run.engine = .init(loops: min(max(1, loops), 64), egress: egress, namePatience: .seconds(max(1, namePatience)))
        (run.engine.logger, run.engine.origins) = (daemon.logger, origins)
        return run
    }

    /// How its contact file is read.
    var importing: ImportOptions { ImportOptions(maxRejects: maxRejects, resubscribe: resubscribes) }

    /// Where it may connect to.
    ///
    /// - Throws: `TransportError` for a network that is none.
    func egress(_ daemon: Daemon.Configuration) throws -> EgressPolicy {
        var egress = daemon.egress
        egress.allowed += try networks.map { try EgressPolicy.Network($0) }
        return egress
    }

    /// What requests go through in place of the job's own proxy.
    ///
    /// - Throws: `TransportError` for a URL that is none of a proxy.
    func proxy(_ daemon: Daemon.Configuration) throws -> ForwardProxy? {
        try proxy.map { try ForwardProxy(parsing: $0) } ?? daemon.proxy
    }
}
