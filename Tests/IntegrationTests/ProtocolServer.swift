import FanfareTesting
import Foundation
import Glibc
import Testing

/// A receiver over TLS, or a forward proxy, that behaves as it is told: a Python program in a folder of its own.
///
/// The interpreter is `FANFARE_PYTHON`, which has the packages of `scripts/python-packages`, or `python3`.
final class ProtocolServer: Sendable {
    /// What it is.
    enum Role: String {
        case receiver, proxy
    }

    let port: Int
    private let folder: TemporaryFolder
    private let process: ChildProcess

    /// Starts it, and waits until it listens.
    ///
    /// - Parameters:
    ///   - role: What it is.
    ///   - kind: How it behaves; see the program.
    init(_ role: Role, _ kind: String) async throws {
        folder = try TemporaryFolder()
        process = try ChildProcess(
            "/usr/bin/env",
            [
                ProcessInfo.processInfo.environment["FANFARE_PYTHON"] ?? "python3", "-c", Self.program, role.rawValue,
                kind,
            ],
            in: folder
        )
        let process = process
        try await eventually("the port of the server, had: \(process.errors)", within: .seconds(60)) {
            process.output.hasSuffix("\n")
        }
        port = try #require(Int(process.output.trimmingCharacters(in: .newlines)), "\(process.errors)")
    }

    /// A file of its folder: `authority.pem`, `client.pem`, `client.key`, …
    func path(_ name: String) -> String { folder.path(name) }

    /// What it noted, line by line.
    var log: [String] {
        guard let text = try? String(contentsOfFile: path("log"), encoding: .utf8) else { return [] }
        return text.split(separator: "\n").map(String.init)
    }

    /// The ids of the requests it answered over this major version of HTTP.
    func ids(over version: Int) -> Set<String> {
        Set(log.filter { $0.hasPrefix("\(version) ") }.map { String($0.dropFirst(2)) })
    }

    func stop() async throws {
        process.signal(SIGKILL)
        _ = try await process.wait()
        try folder.remove()
    }
}

/// Runs a test with such servers, which are gone afterwards whatever happens.
func withServers(
    _ roles: (ProtocolServer.Role, String)...,
    body: (inout Desk, [ProtocolServer]) async throws -> Void
) async throws {
    var servers: [ProtocolServer] = []
    var failure: (any Error)?
    do {
        for (role, kind) in roles { servers.append(try await ProtocolServer(role, kind)) }
        try await withDesk { desk in try await body(&desk, servers) }
    } catch {
        failure = error
    }
    for server in servers { try await server.stop() }
    if let failure { throw failure }
}
