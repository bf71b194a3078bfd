import FanfareReceiver
import FanfareTesting
import Foundation
import Glibc
import Testing

/// A receiver's name that is not found: a mistake for the operator, told within a time, not an outage without end.
@Suite struct NameTests {
    @Test("a name that does not resolve ends the run within its patience: 1, and the mended job goes on")
    func unknownName() async throws {
        try await withDesk(receiver: { _, _ in .status(200) }) { desk, receiver in
            try desk.writeContacts(3)
            try desk.writeJob(url: "http://receiver.invalid/")
            let result = try await desk.fanfare("run", "job.yaml", "--name-patience", "2", within: .seconds(20))
            #expect(result.status == 1)
            let reason = "job: failed: the receiver's name receiver.invalid was not found within 2 s"
            #expect(result.output.hasPrefix(reason), "\(result.output)")
            #expect(
                result.errors.contains(
                    " warning: receiver's name not found: trying again (endpoint: http://receiver.invalid:80"
                ),
                "\(result)"
            )
            try desk.writeJob(url: receiver.url())
            let mended = try await desk.fanfare("run", "job.yaml", "--accept-changes")
            #expect(mended.status == 0, "\(mended)")
            #expect(receiver.received.distinctIDs == 3)
        }
    }

    @Test(
        "so does one whose resolver never answers",
        .enabled(if: SmallDisk.isPossible, "needs root, to name another resolver")
    )
    func silentResolver() async throws {
        let silence = try #require(SilentResolver(), "port 53 of \(SilentResolver.address) is taken")
        defer { silence.close() }
        try await withDesk { desk in
            try desk.writeContacts(3)
            try desk.writeJob(url: "http://receiver.example/")
            try desk.write("nameserver \(SilentResolver.address)\noptions timeout:30 attempts:5\n", to: "resolv.conf")
            let script = "mount --bind resolv.conf /etc/resolv.conf && exec \"$0\" \"$@\""
            let child = try ChildProcess(
                "/usr/bin/unshare",
                ["-m", "sh", "-c", script, BuiltProgram.path("fanfare"), "run", "job.yaml", "--name-patience", "1"],
                environment: desk.environment,
                in: desk.folder
            )
            let result = try await desk.finish(child, within: .seconds(20))
            #expect(result.status == 1, "\(result)")
            let reason = "job: failed: the receiver's name receiver.example was not found within 1 s\n"
            #expect(result.output.hasPrefix(reason), "\(result.output)")
        }
    }
}

/// A name server that takes questions and answers none.
private struct SilentResolver {
    /// One of its own for each process that tests.
    static let address = "127.0.\(getpid() % 250).\(1 + getpid() / 250 % 250)"
    private let descriptor: Int32

    /// Nil when the port is taken.
    init?() {
        let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = in_port_t(53).bigEndian
        inet_pton(AF_INET, Self.address, &place.sin_addr)
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafePointer(to: &place) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
        }
        guard bound == 0 else { return nil }
        self.descriptor = descriptor
    }

    func close() { _ = Glibc.close(descriptor) }
}
