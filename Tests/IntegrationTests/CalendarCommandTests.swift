import FanfareTesting
import Foundation
import Glibc
import Testing

/// Whether Python was left out on purpose.
private let skipsPython = ProcessInfo.processInfo.environment["FANFARE_SKIP_PYTHON"] == "1"

/// `fanfare campaign`, `fanfare journey` and `fanfare calendar`: what a running daemon does for them.
@Suite(.serialized) struct CalendarCommandTests {
    /// Reads a file as PyPI's `icalendar` does.
    private static let script = """
        import json, sys
        from icalendar import Calendar
        calendar = Calendar.from_ical(open(sys.argv[1], "rb").read())
        print(json.dumps({str(c["SUMMARY"]): [c.name, str(c["STATUS"])]
            for c in calendar.walk() if c.name in ("VEVENT", "VTODO")}))
        """

    /// A daemon that serves an audience `customers`, and its port.
    private func withDaemon(_ body: (Desk, Int) async throws -> Void) async throws {
        try await withDesk { desk in
            try desk.write("email\nada@example.com\nbob@example.com\n", to: "contacts.csv")
            let imported = try await desk.fanfare("audience", "import", "contacts.csv", "--name", "customers")
            try #require(imported.status == 0, "\(imported.errors)")
            let daemon = try desk.start("serve", "--listen", "0")
            try await eventually("the daemon serves; it said: \(daemon.errors)", within: .seconds(20)) {
                daemon.errors.contains("Serving ") || !daemon.isRunning
            }
            let match = try #require(daemon.errors.firstMatch(of: /http:\/\/127\.0\.0\.1:([0-9]+)\/3\.0/))
            try await body(desk, try #require(Int(match.1)))
            daemon.signal(SIGTERM)
            _ = try await desk.finish(daemon)
        }
    }

    /// The one object that a command prints.
    private func object(_ result: ChildProcess.Result) throws -> [String: Any] {
        try #require(result.status == 0, "\(result)")
        return try #require(try objects(result.output).first)
    }

    private func get(_ target: String, _ port: Int) throws -> (head: String, body: String) {
        let socket = try PlainSocket(port: port)
        socket.send("GET \(target) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        let answer = try #require(socket.readToEnd())
        let end = try #require(answer.firstRange(of: "\r\n\r\n"))
        return (String(answer[..<end.lowerBound]), String(answer[end.upperBound...]))
    }

    @Test("without a daemon it is said that one is needed", .timeLimit(.minutes(1)))
    func alone() async throws {
        try await withDesk { desk in
            try desk.write("email\nada@example.com\n", to: "contacts.csv")
            _ = try await desk.fanfare("audience", "import", "contacts.csv", "--name", "customers")
            for arguments in [["calendar"], ["campaign", "list"], ["journey", "list", "customers"]] {
                let child = try ChildProcess(
                    BuiltProgram.path("fanfare"),
                    arguments,
                    environment: desk.environment,
                    in: desk.folder
                )
                let result = try await desk.finish(child)
                #expect(result.status == 2 && result.errors.contains("fanfare serve"), "\(result)")
            }
        }
    }

    @Test("touchpoints stand on the calendar, and in the feed of a calendar program", .timeLimit(.minutes(2)))
    func calendar() async throws {
        try await withDaemon { desk, port in
            let made = try await desk.fanfare("campaign", "create", "Spring sale", "--audience", "customers", "--json")
            let campaign = try #require(try object(made)["id"] as? String)
            try desk.write(
                "kind: task\nname: Write the text\nat: 2026-12-01 09:00\ntime_zone: Europe/Paris\n",
                to: "task.yaml"
            )
            try desk.write(
                """
                kind: webhook
                name: Early access
                at: 2026-12-02 09:00
                time_zone: Europe/Paris
                webhook: {url: "https://example.com/", data: {to: "*|EMAIL|*"}}

                """,
                to: "early.yaml"
            )
            for file in ["task.yaml", "early.yaml"] {
                let added = try await desk.fanfare("campaign", "touchpoint", "add", campaign, "--file", file)
                #expect(added.status == 0 && added.output.contains("2026-12-0"), "\(added)")
            }
            let shown = try await desk.fanfare("campaign", "show", campaign)
            #expect(shown.status == 0 && shown.output.contains("Spring sale\n"), "\(shown)")
            #expect(shown.output.contains("webhook  draft        Early access\n"), "\(shown)")

            let range = ["--from", "2026-12-01", "--to", "2026-12-31"]
            let listed = try await desk.fanfare("calendar", "show", range[0], range[1], range[2], range[3])
            #expect(listed.status == 0, "\(listed)")
            #expect(listed.output.contains("2026-12-01 09:00 Europe/Paris (UTC+01:00)"), "\(listed)")

            let feed = try await desk.fanfare("calendar", "feed", "create", "Team", "--json")
            let path = try #require(try object(feed)["path"] as? String)
            let (head, body) = try get(path, port)
            #expect(head.hasPrefix("HTTP/1.1 200") && head.lowercased().contains("text/calendar"), "\(head)")
            if !skipsPython {
                let events = try await events(body, desk)
                let expected = ["Write the text": ["VTODO", "NEEDS-ACTION"], "Early access": ["VEVENT", "TENTATIVE"]]
                #expect(events == expected)
            }
            let feeds = try await desk.fanfare("calendar", "feed", "list")
            #expect(feeds.output.contains("Team") && feeds.output.contains("operator "), "\(feeds)")
        }
    }

    private func events(_ text: String, _ desk: Desk) async throws -> [String: [String]] {
        let file = try desk.write(text, to: "feed.ics")
        let python = ProcessInfo.processInfo.environment["FANFARE_PYTHON"] ?? "python3"
        let child = try ChildProcess("/usr/bin/env", [python, "-c", Self.script, file], in: desk.folder)
        let result = try await child.wait(within: .seconds(60))
        try #require(result.status == 0, "\(result.errors)")
        return try JSONDecoder().decode([String: [String]].self, from: Data(result.output.utf8))
    }

    @Test("what is refused is told with every value that is at fault", .timeLimit(.minutes(1)))
    func refusals() async throws {
        try await withDaemon { desk, _ in
            let unknown = try await desk.fanfare("campaign", "show", "0123456789")
            #expect(unknown.status == 2 && unknown.errors.hasPrefix("fanfare: "), "\(unknown)")
            let made = try await desk.fanfare("campaign", "create", "Spring", "--audience", "customers", "--json")
            let campaign = try #require(try object(made)["id"] as? String)
            try desk.write("kind: task\nname: x\nat: tomorrow\n", to: "task.yaml")
            let refused = try await desk.fanfare("campaign", "touchpoint", "add", campaign, "--file", "task.yaml")
            #expect(refused.status == 2 && refused.errors.contains("\n  at: "), "\(refused)")
            let json = try await desk.fanfare("campaign", "show", "0123456789", "--json")
            #expect(json.status == 2 && json.output.contains(#""status":404"#), "\(json)")
            try desk.write("kind: [\n", to: "broken.yaml")
            let broken = try await desk.fanfare("campaign", "touchpoint", "add", campaign, "--file", "broken.yaml")
            #expect(broken.status == 2 && broken.errors.contains("broken.yaml"), "\(broken)")
            let nobody = try await desk.fanfare("campaign", "create", "Spring", "--audience", "custmers")
            #expect(nobody.status == 2 && nobody.errors.contains("customers"), "\(nobody)")
            let wide = try await desk.fanfare("calendar", "show", "--from", "2026-01-01", "--to", "2028-01-01")
            #expect(wide.status == 2 && wide.errors.contains("smaller range"), "\(wide)")
        }
    }
}
