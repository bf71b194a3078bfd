import ArgumentParser
import Fanfare
import Foundation

/// What every command that touches a data directory takes; each also by an environment variable.
struct DataOptions: ParsableArguments {
    /// The data directory where no option names one.
    static let usual = Environment.value("FANFARE_DATA") ?? ".fanfare"

    @Option(name: .customLong("data"), help: ArgumentHelp("The data directory (FANFARE_DATA).", valueName: "dir"))
    var directory = Self.usual

    func validate() throws {
        if directory.isEmpty { throw ValidationError("--data: the path is empty") }
    }

    /// What a command that is suggested needs to find the same directory; begins with a space unless empty.
    var hint: String { directory == Self.usual ? "" : " --data \(directory.quotedForShell)" }
}

/// Options given by the environment.
enum Environment {
    /// Every variable that an option reads.
    private static let names = [
        "FANFARE_DATA", "FANFARE_ALLOW_NETWORK", "FANFARE_LOOPS", "FANFARE_LOG_LEVEL", "FANFARE_LOG_FORMAT",
        "FANFARE_METRICS", "FANFARE_PROXY", "FANFARE_PUBLIC_URL",
    ]

    /// What deserves a second look: variables that nobody reads, and that are nearly called as one that is read.
    static var warnings: [String] {
        ProcessInfo.processInfo.environment.keys.sorted().compactMap { name in
            guard name.hasPrefix("FANFARE_"), !names.contains(name) else { return nil }
            return nearestName(to: name, among: names).map { "\(name) is not read; did you mean \($0)?" }
        }
    }

    /// A variable's value; a variable that is empty counts as one that is not set.
    static func value(_ name: String) -> String? {
        assert(names.contains(name), "\(name) is not among the variables that are known")
        return ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}

extension String {
    /// The text as one word of a shell's command line.
    var quotedForShell: String {
        let isPlain =
            !isEmpty
            && utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
                case UInt8(ascii: "0")...UInt8(ascii: "9"): true
                default: "_./:@%+=,-".utf8.contains(byte)
                }
            }
        return isPlain ? self : "'" + replacing("'", with: "'\\''") + "'"
    }
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

    @Option(
        name: .customLong("proxy"),
        help: ArgumentHelp(
            "A forward proxy for all requests, http://USER:PASSWORD@HOST:PORT (FANFARE_PROXY). "
                + "It decides which addresses may be reached.",
            valueName: "url"
        )
    )
    var givenProxy: String?

    /// The proxy as it is given here; nil: none is.
    var proxyText: String? { givenProxy ?? Environment.value("FANFARE_PROXY") }

    /// The addresses that are opened here, as they are given.
    var networkTexts: [String] {
        guard allowed.isEmpty else { return allowed }
        return (Environment.value("FANFARE_ALLOW_NETWORK") ?? "").split(separator: ",")
            .map { $0.trimmingCharacters(in: .whitespaces) }
    }

    /// The proxy that is given here, in place of the job's own.
    ///
    /// - Throws: `ValidationError` for a URL that is none of a proxy.
    func proxy() throws -> ForwardProxy? {
        guard let text = proxyText else { return nil }
        do {
            return try ForwardProxy(parsing: text)
        } catch {
            throw ValidationError("\(givenProxy == nil ? "FANFARE_PROXY" : "--proxy"): \(error)")
        }
    }

    /// The policy these make.
    ///
    /// - Throws: `ValidationError` for a range that is none.
    func policy() throws -> EgressPolicy {
        do {
            return EgressPolicy(allowed: try networkTexts.map { try EgressPolicy.Network($0) })
        } catch {
            throw ValidationError("\(allowed.isEmpty ? "FANFARE_ALLOW_NETWORK" : "--allow-network"): \(error)")
        }
    }

    func validate() throws {
        _ = try policy()
        _ = try proxy()
    }

    /// What a command that is suggested needs to be allowed the same; begins with a space unless empty.
    var hint: String {
        allowed.map { " --allow-network \($0.quotedForShell)" }.joined()
            + (givenProxy.map { " --proxy \(Self.withoutUser($0).quotedForShell)" } ?? "")
    }

    /// A password does not stand in what is suggested: it would stay on the screen.
    private static func withoutUser(_ url: String) -> String {
        guard let scheme = url.firstRange(of: "://"), let at = url.lastIndex(of: "@") else { return url }
        return url[..<scheme.upperBound] + "USER:PASSWORD" + url[at...]
    }
}

/// How results are printed.
struct OutputOptions: ParsableArguments {
    @Flag(name: .customLong("json"), help: "Print results as JSON on standard output.")
    var json = false
}
