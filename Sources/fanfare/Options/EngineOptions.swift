import ArgumentParser
import CAllocator
import Fanfare

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
    @OptionGroup var log: LogOptions
    @OptionGroup var network: NetworkOptions

    func validate() throws {
        _ = try loops
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

    /// What a command that is suggested needs to deliver the same way; begins with a space unless empty.
    var hint: String { network.hint + (givenLoops.map { " --loops \($0)" } ?? "") }

    /// One of the allocator's arenas for each loop and one for all else.
    ///
    /// With one for each thread, its default, what an import leaves free in its own is of no use to the loops: 164 MB
    /// in place of 129 at a million contacts and 4,096 in flight. Call before other threads begin.
    func limitArenas() throws { mallopt(M_ARENA_MAX, Int32(try loops + 1)) }

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
