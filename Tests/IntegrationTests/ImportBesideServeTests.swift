import FanfareTesting
import Foundation
import Glibc
import Testing

/// `fanfare audience import` beside a daemon, which reads the file for it.
@Suite("An import beside a daemon", .serialized)
struct ImportBesideServeTests {
    private func withDaemon(_ body: (Desk, ChildProcess) async throws -> Void) async throws {
        try await withDesk { desk in
            let daemon = try desk.start("serve", "--listen", "0")
            try await eventually("the daemon serves; it said: \(daemon.errors)", within: .seconds(20)) {
                daemon.errors.contains("Serving data: ") || !daemon.isRunning
            }
            try #require(daemon.isRunning, "\(daemon.errors)")
            try await body(desk, daemon)
            daemon.signal(SIGTERM)
            _ = try await desk.finish(daemon)
        }
    }

    @Test("it is shown as one that is done alone, to the letter", .timeLimit(.minutes(1)))
    func same() async throws {
        let text = "email,Score\nada@example.com,12\nno address,1\nbob@example.com,many\neve@example.com,7\n"
        let arguments = ["--column", "Score=SCORE:number", "--rejects", "rejects.csv", "--json"]
        func result(_ desk: Desk, _ more: [String], file: String = "contacts.csv") async throws -> ChildProcess.Result {
            let all = ["audience", "import", file, "--name", "customers"] + more
            let place = (desk.environment, desk.folder)
            return try await desk.finish(
                ChildProcess(BuiltProgram.path("fanfare"), all, environment: place.0, in: place.1)
            )
        }
        var alone: [ChildProcess.Result] = []
        var aloneRejects = ""
        try await withDesk { desk in
            try desk.write(text, to: "contacts.csv")
            alone = [
                try await result(desk, arguments), try await result(desk, []),
                try await result(desk, ["--max-rejects", "1"]), try await result(desk, [], file: "no.csv"),
            ]
            aloneRejects = try desk.read("rejects.csv")
        }
        try await withDaemon { desk, _ in
            try desk.write(text, to: "contacts.csv")
            let beside = [
                try await result(desk, arguments), try await result(desk, []),
                try await result(desk, ["--max-rejects", "1"]), try await result(desk, [], file: "no.csv"),
            ]
            for (alone, beside) in zip(alone, beside) {
                #expect(beside.status == alone.status && beside.output == alone.output, "\(alone)\n\(beside)")
                #expect(beside.errors == alone.errors)
            }
            #expect(beside[0].status == 0 && beside[0].output.contains("\"created\":2"), "\(beside[0])")
            #expect(beside[2].status == 2 && beside[3].status == 2)
            #expect(try desk.read("rejects.csv") == aloneRejects && aloneRejects.contains("no address"))
            #expect(beside[0].errors.contains("rejected (see rejects.csv)"), "\(beside[0])")
            let shown = try await desk.fanfare("audience", "show", "customers")
            #expect(shown.output.contains("2 contacts"), "\(shown)")
        }
    }

    @Test("what is no plain file is refused, as the daemon could not open it", .timeLimit(.minutes(1)))
    func pipes() async throws {
        try await withDaemon { desk, _ in
            for file in ["/dev/stdin", "/proc/self/fd/0", "."] {
                let result = try await desk.fanfare("audience", "import", file, "--name", "customers")
                #expect(result.status == 2 && result.errors.contains("\(file) is no plain file"), "\(result)")
            }
        }
    }

    /// A file that takes a while.
    private func writeMany(_ desk: Desk) throws {
        try desk.write(
            "email,First Name\n" + (0..<600_000).map { "c\($0)@example.com,Name \($0)\n" }.joined(),
            to: "contacts.csv"
        )
    }

    private func waitForAudience(_ desk: Desk) async throws {
        try await eventually("the audience is there", within: .seconds(20)) {
            guard desk.has("data/audiences") else { return false }
            return try FileManager.default.contentsOfDirectory(atPath: desk.path("data/audiences"))
                .contains { $0.hasSuffix(".sqlite") }
        }
    }

    @Test(
        "Ctrl-C stops it in good order, beside a daemon and alone",
        .timeLimit(.minutes(2)),
        arguments: [true, false]
    )
    func interrupted(isServed: Bool) async throws {
        func check(_ desk: Desk) async throws {
            try writeMany(desk)
            let command = try desk.start("audience", "import", "contacts.csv", "--name", "customers")
            try await waitForAudience(desk)
            command.signal(SIGINT)
            let end = try await desk.finish(command)
            #expect(end.status == 130 && end.errors.contains("What was imported stays"), "\(end)")
            let few = try desk.write("email\nada@example.com\n", to: "few.csv")
            let next = try await desk.fanfare("audience", "import", few, "--name", "customers")
            #expect(next.status == 0, "\(next)")
        }
        if isServed {
            try await withDaemon { desk, _ in try await check(desk) }
        } else {
            try await withDesk { desk in try await check(desk) }
        }
    }

    @Test("the daemon's end ends it, and the command says so", .timeLimit(.minutes(2)), arguments: [SIGTERM, SIGKILL])
    func daemonsEnd(signal: Int32) async throws {
        try await withDesk { desk in
            let daemon = try desk.start("serve", "--listen", "0")
            try await eventually("the daemon serves", within: .seconds(20)) { daemon.errors.contains("Serving data: ") }
            try writeMany(desk)
            let command = try desk.start("audience", "import", "contacts.csv", "--name", "customers")
            try await waitForAudience(desk)
            let began = ContinuousClock.now
            daemon.signal(signal)
            _ = try await daemon.wait()
            #expect(ContinuousClock.now - began < .seconds(10))
            let end = try await desk.finish(command)
            #expect(
                end.status == 130 && end.errors.contains("fanfare serve has ended, and the import with it"),
                "\(end)"
            )
        }
    }
}
