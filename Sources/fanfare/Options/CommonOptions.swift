import ArgumentParser
import Fanfare
import Foundation

/// What every command that touches a data directory takes; each also by an environment variable.
struct DataOptions: ParsableArguments {
    @Option(name: .customLong("data"), help: "The data directory (FANFARE_DATA).")
    var directory = ProcessInfo.processInfo.environment["FANFARE_DATA"] ?? ".fanfare"
}

/// Where connections may go.
struct NetworkOptions: ParsableArguments {
    @Option(
        name: .customLong("allow-network"),
        help: ArgumentHelp(
            "Addresses that may be connected to although they are not public (FANFARE_ALLOW_NETWORK, comma-separated).",
            valueName: "cidr"
        )
    )
    var allowed: [String] = []

    /// The policy these make.
    ///
    /// - Throws: `ValidationError` for a range that is none.
    func policy() throws -> EgressPolicy {
        let fromEnvironment = ProcessInfo.processInfo.environment["FANFARE_ALLOW_NETWORK"] ?? ""
        let ranges = allowed.isEmpty ? fromEnvironment.split(separator: ",").map(String.init) : allowed
        do {
            return EgressPolicy(allowed: try ranges.map { try EgressPolicy.Network($0) })
        } catch {
            throw ValidationError("--allow-network: \(error)")
        }
    }
}

/// How results are printed.
struct OutputOptions: ParsableArguments {
    @Flag(name: .customLong("json"), help: "Print results as JSON on standard output.")
    var json = false
}
