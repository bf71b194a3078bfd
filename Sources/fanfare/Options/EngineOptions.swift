import ArgumentParser
import CAllocator
import Fanfare
import Logging

/// What every command that delivers takes.
struct EngineOptions: ParsableArguments {
    @Option(
        name: .customLong("loops"),
        help: ArgumentHelp("Threads that drive requests, 1 … 64 (FANFARE_LOOPS). (default: 1)", valueName: "count")
    )
    var givenLoops: Int?
    @Option(
        help: ArgumentHelp(
            "Seconds in which the receiver's name must be found once.",
            visibility: .hidden
        )
    )
    var namePatience = 60
    @Option(
        name: .customLong("metrics"),
        help: ArgumentHelp(
            "Offers metrics for Prometheus at http://127.0.0.1:PORT/metrics while it runs; ADDRESS:PORT to listen "
                + "elsewhere (FANFARE_METRICS).",
            valueName: "port"
        )
    )
    var givenMetrics: String?
    @OptionGroup var log: LogOptions
    @OptionGroup var network: NetworkOptions

    func validate() throws {
        _ = try loops
        _ = try metricsAddress
        if namePatience < 1 { throw ValidationError("--name-patience: \(namePatience) is less than 1") }
    }

    /// Threads that drive requests: as given, else as the environment says, else one.
    var loops: Int {
        get throws {
            let (name, text) =
                givenLoops.map { ("--loops", String($0)) } ?? (
                    "FANFARE_LOOPS", Environment.value("FANFARE_LOOPS") ?? "1"
                )
            guard let number = Int(text), (1...64).contains(number) else {
                throw ValidationError("\(name): \"\(text)\" is not a whole number within 1 … 64")
            }
            return number
        }
    }

    /// Where metrics are offered; nil: nowhere.
    private var metricsAddress: MetricsAddress? {
        get throws {
            let given = givenMetrics.map { ("--metrics", $0) }
            guard let (name, text) = given ?? Environment.value("FANFARE_METRICS").map({ ("FANFARE_METRICS", $0) })
            else { return nil }
            guard let address = MetricsAddress(text) else {
                throw ValidationError("\(name): \"\(text)\" is not accepted; write \(MetricsAddress.accepted)")
            }
            return address
        }
    }

    /// Begins to offer metrics, where that is asked for.
    ///
    /// - Throws: ``MetricsUnavailable``.
    func startMetrics(_ screen: Screen) async throws -> MetricsServer? {
        guard let address = try metricsAddress else { return nil }
        let server = try await MetricsServer(address)
        let url = "http://\(server.address)/metrics"
        screen.say(.info, "Metrics are at \(url).", ["url": "\(url)"])
        return server
    }

    /// What a command that is suggested needs to deliver the same way; begins with a space unless empty.
    var hint: String { network.hint + (givenLoops.map { " --loops \($0)" } ?? "") }

    /// One of the allocator's arenas for each loop and one for all else, which gives back what it has free at its end.
    ///
    /// With one for each thread, its default, what an import leaves free in its own is of no use to the loops: 164 MB
    /// in place of 129 at a million contacts and 4,096 in flight. By default, too, the end of an arena that is not the
    /// main one is kept, up to 64 MB once large pieces were freed, and `malloc_trim` does not reach it: up to 14 MB.
    /// Call before other threads begin.
    func limitArenas() throws {
        mallopt(M_ARENA_MAX, Int32(try loops + 1))
        mallopt(M_TRIM_THRESHOLD, 1 << 20)
        // Setting one threshold keeps the other from growing by itself.
        mallopt(M_MMAP_THRESHOLD, 4 << 20)
    }

    /// Who tells whom a job's `notify` names; nil: it names nobody.
    func notifier(_ notify: JobNotify?, _ screen: Screen) throws -> Notifier? {
        let configuration = try configuration(screen)
        return try notify.map { try Notifier($0, egress: configuration.egress, logger: configuration.logger) }
    }

    /// How the engine is set up; its log's lines stand above what the screen shows.
    func configuration(_ screen: Screen) throws -> DeliveryEngine.Configuration {
        var configuration = try DeliveryEngine.Configuration(
            loops: loops,
            egress: network.policy(),
            namePatience: .seconds(namePatience)
        )
        configuration.logger = try log.logger(screen)
        return configuration
    }
}
