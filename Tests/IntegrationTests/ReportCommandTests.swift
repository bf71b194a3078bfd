import FanfareReceiver
import FanfareTesting
import Foundation
import Testing

/// `fanfare report`, from the outside.
@Suite struct ReportCommandTests {
    @Test("text, JSON and page agree, and none of them names a contact unless asked to")
    func forms() async throws {
        let receiver: ScriptedReceiver.Behaviour = { request, _ in
            request.target.hasSuffix("?n=3") ? .status(404) : .status(200)
        }
        try await withDesk(receiver: receiver) { desk, receiver in
            try desk.writeContacts(40)
            try desk.writeJob(url: receiver.url("/?n=*|N|*"))
            #expect(try await desk.fanfare("run", "job.yaml").status == 3)

            let text = try await desk.fanfare("report", "job")
            #expect(text.status == 0)
            #expect(
                text.output.hasPrefix("job: ended\n  delivered  39   97.5 %\n  dead        1    2.5 %\n"),
                "\(text)"
            )
            #expect(text.output.contains("\n    1  status 404\n      msg_"), "\(text)")
            #expect(!text.output.contains("@example.com"))

            let report = try #require(objects(try await desk.fanfare("report", "job", "--json").output).first)
            #expect((report["counts"] as? [String: Int])?["delivered"] == 39)
            #expect((report["survey"] as? [String: Any])?["attempts"] as? Int == 40)
            #expect(report["state"] as? String == "ended")

            try desk.write("older", to: "report.html")
            let written = try await desk.fanfare("report", "job", "--html", "report.html")
            #expect(written.status == 0 && written.output.isEmpty && written.errors.isEmpty, "\(written)")
            let page = try desk.read("report.html")
            #expect(page.hasPrefix("<!DOCTYPE html>") && page.hasSuffix("</html>\n"))
            #expect(!page.contains("@example.com"))
            let attributes = try FileManager.default.attributesOfItem(atPath: desk.path("report.html"))
            #expect((attributes[.posixPermissions] as? Int) == 0o600)
            let left = try FileManager.default.contentsOfDirectory(atPath: desk.path("."))
            #expect(!left.contains { $0.hasPrefix(".report") })

            let named = try await desk.fanfare("report", "job", "--html", "-", "--with-contacts")
            #expect(named.output.hasPrefix("<!DOCTYPE html>") && named.output.contains("c3@example.com"))
        }
    }

    @Test("a directory, a device, a fan-out or a run that there is not are refused with 2, and said")
    func refusals() async throws {
        try await withDesk(receiver: { _, _ in .status(200) }) { desk, receiver in
            try desk.writeContacts(1)
            try desk.writeJob(url: receiver.url())
            #expect(try await desk.fanfare("run", "job.yaml").status == 0)
            for (arguments, said) in [
                (["job", "--html", "data"], "data is a directory"),
                (["job", "--html", "/dev/null"], "/dev/null is no regular file"),
                (["job", "--html", ""], "--html: the path is empty"),
                (["job", "--html", "x", "--json"], "--json and --html exclude each other"),
                (["job", "--run", "7"], "job has no run 7; the latest is run 1"),
                (["jop"], "jop"),
            ] {
                let child = try ChildProcess(
                    BuiltProgram.path("fanfare"),
                    ["report"] + arguments,
                    environment: desk.environment,
                    in: desk.folder
                )
                let result = try await desk.finish(child)
                #expect(result.status == 2, "\(arguments): \(result)")
                #expect(result.errors.contains(said), "\(arguments): \(result)")
            }
            let nowhere = try await desk.fanfare("report", "job", "--html", "no/where.html")
            #expect(nowhere.status == 1 && nowhere.errors.contains("no/where.html"), "\(nowhere)")
        }
    }
}
