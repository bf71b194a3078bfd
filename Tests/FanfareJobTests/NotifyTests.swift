import FanfarePayload
import Foundation
import Testing

@testable import FanfareJob

@Suite struct NotifyTests {
    let folder: JobFolder

    init() throws { folder = try JobFolder() }

    private func job(_ notify: String) -> String { smallestJob + "\nnotify: \(notify)\n" }

    @Test("who is told, and when: everything unless the job says so")
    func reading() throws {
        let all = try folder.parse(job("{url: \"https://hooks.example.com/x\"}")).job.notify
        #expect(all == JobNotify(url: "https://hooks.example.com/x"))
        #expect(all?.occasions == [.ended, .stopped, .breaker])
        let some = try folder.parse(job("{command: [true, -x], on: [ended]}".replacing("true", with: "\"true\""))).job
        #expect(some.notify == JobNotify(command: ["true", "-x"], occasions: [.ended]))
        #expect(try folder.parse(smallestJob).job.notify == nil)
    }

    @Test("a program's path is relative to the job file's folder")
    func paths() throws {
        try folder.write("page.sh", "#!/bin/sh\n")
        let text = job("{command: [./page.sh]}")
        let error = try #require(folder.error(in: text))
        #expect(error.problems.map(\.message) == ["`notify.command` names no program that can be started"])
        #expect(chmod(folder.path + "/page.sh", 0o700) == 0)
        #expect(try folder.parse(text).job.notify?.command == [folder.path + "/./page.sh"])
    }

    @Test("all that is wrong is told at once, and nothing of a URL or a command is shown")
    func problems() throws {
        let text = job("{url: \"https://a.example/*|KEY|*\", command: [/no/hunter2], on: [ended, done], every: 5}")
        let error = try #require(folder.error(in: text))
        let paths = Set(error.problems.map(\.path.dotted))
        #expect(paths == ["notify.url", "notify.command", "notify.on[1]", "notify"])
        #expect(!error.description.contains("hunter2") && !error.description.contains("*|KEY|*"), "\(error)")
        #expect(error.description.contains("ended, stopped, breaker"))
    }

    @Test("another notify is no other job")
    func fingerprint() throws {
        let key = Array("an installation's own key".utf8)
        let before = try folder.parse(smallestJob).job
        let after = try folder.parse(job("{url: \"https://hooks.example.com/x\"}")).job
        #expect(before.fingerprint(key: key) == after.fingerprint(key: key))
        #expect(after.changes(from: before) == [])
    }
}
