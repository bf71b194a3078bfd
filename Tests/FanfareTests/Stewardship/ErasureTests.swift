import FanfareReceiver
import FanfareTesting
import Foundation
import GRDB
import NIOCore
import Testing

@testable import Fanfare

@Suite("What is erased stands in no file any more", .timeLimit(.minutes(1)))
struct ErasureTests {
    /// The files of a data directory that hold a text, its case not counted.
    private func files(_ data: String, holding text: String) throws -> [String] {
        let manager = FileManager.default
        return try manager.subpathsOfDirectory(atPath: data).filter { name in
            guard let bytes = manager.contents(atPath: data + "/" + name) else { return false }
            return String(decoding: bytes, as: UTF8.self).lowercased().contains(text)
        }
    }

    /// A stored audience with two contacts, each of whom a receiver refused with an answer that repeats the request.
    private func withRefused(_ body: (BackupFixture, ScriptedReceiver, String) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            try await withScriptedReceiver({ request, _ in
                Reply(.answer(status: 422, headers: [:], body: "refused: " + String(buffer: request.body)))
            }) { receiver in
                let fixture = try BackupFixture(folder)
                let id: String
                do {
                    let installation = try Installation.own(fixture.data)
                    id = try fixture.makeAudience(in: installation).0
                    let end = try await run(receiver, installation)
                    #expect(end.progress.counts[.dead] == 2)
                }
                #expect(try files(fixture.data, holding: "ada@example.com").count >= 2)
                try await body(fixture, receiver, id)
            }
        }
    }

    private func run(_ receiver: ScriptedReceiver, _ installation: Installation) async throws -> FanOutEnd {
        try await begin("news", receiver, installation).end()
    }

    private func begin(
        _ name: String,
        _ receiver: ScriptedReceiver,
        _ installation: Installation
    ) async throws -> FanOutRun {
        let webhook = WebhookDefinition(url: receiver.url(), body: .json(["to": "*|EMAIL|*"]))
        var job = JobFile(name: name, toAudience: "customers", webhook: webhook)
        job.delivery.retries = []
        var options = FanOutRun.Options()
        options.engine.egress = EgressPolicy(allowed: [try .init("127.0.0.0/8")])
        return try await FanOutRun.start(try LoadedJob(job, environment: [:]), in: installation, options)
    }

    private let ada = ContactEdit(.address("ada@example.com"), .mustExist)

    /// Nothing of her is left, all of bob, the counts stay, and she does not come back.
    private func expectErased(_ fixture: BackupFixture, _ audience: String) throws {
        let installation = try Installation.own(fixture.data)
        #expect(try files(fixture.data, holding: "ada@example.com") == [])
        #expect(try files(fixture.data, holding: "bob@example.com").count >= 2)
        #expect(try installation.erasuresUnderWay() == 0)
        let record = try installation.fanOutRecord(named: "news")
        let ledger = installation.ledger(of: record)
        #expect(try ledger.progress().counts[.dead] == 2)
        try ledger.check()
        let kept = try ledger.openForReading().read { db in
            try Int64.fetchOne(db, sql: "SELECT count(*) FROM attempt WHERE excerpt IS NOT NULL AND digest <> 0")
        }
        #expect(kept == 1, "the other's answer stays")
        let customers = try installation.openAudience(named: "customers", makesIt: false)
        let again = #expect(throws: AudienceError.self) {
            try customers.edit(.init(.address("ADA@example.com"), .either), by: .api)
        }
        #expect(again?.code == .suppressed)
    }

    @Test("without a daemon: contact, change log, events and what receivers answered; counts stay")
    func alone() async throws {
        try await withRefused { fixture, _, audience in
            let answer = try await ControlLink(dataDirectory: fixture.data)
                .ask(ControlRequest(.erase, contact: ContactOrder(audience: "customers", edit: ada)))
            #expect(answer.refusal == nil && answer.message == "erased")
            try expectErased(fixture, audience)
            let unknown = try await ControlLink(dataDirectory: fixture.data)
                .ask(ControlRequest(.erase, contact: ContactOrder(audience: "customers", edit: ada)))
            #expect(unknown.refusal == .invalid)
        }
    }

    @Test("through a daemon: what waits to be told is skipped, and its body goes")
    func throughDaemon() async throws {
        try await withRefused { fixture, _, audience in
            do {
                let daemon = try Daemon(try Installation.own(fixture.data))
                daemon.webhooks.pause(true)
                var edit = ada
                edit.details = [.language: "fr"]
                _ = try await daemon.webhooks.edit(edit, in: audience, by: .api)
                let events = daemon.installation.directory.eventsPath(audience)
                try await eventually("it waits to be told") {
                    try fixture.number(events, "SELECT count(*) FROM event WHERE state = 1 AND body IS NOT NULL") == 1
                }
                #expect(try await daemon.erase(.address("ada@example.com"), in: audience).isDone)
                #expect(try fixture.number(events, "SELECT count FROM event_count WHERE state = 7") == 1)
                #expect(try files(fixture.data, holding: "ada%40example.com") == [])
                try await daemon.close()
            }
            try expectErased(fixture, audience)
        }
    }

    enum Death: CaseIterable { case afterNote, afterAudience, afterEvents, afterLedgers }

    @Test("a death between any two steps is finished by the next owner", arguments: Death.allCases)
    func deaths(_ death: Death) async throws {
        try await withRefused { fixture, _, audience in
            do {
                // What the steps up to the death leave.
                let installation = try Installation.own(fixture.data)
                let customers = try installation.openAudience(named: "customers", makesIt: false)
                let entry = try installation.noteErasure(of: ada.key, customers)
                if death != .afterNote { _ = try customers.erase(.id(entry.contact)) }
                if death == .afterEvents || death == .afterLedgers {
                    let events = installation.directory.eventsPath(audience)
                    #expect(try EventErasure.erase(contact: entry.contact, in: events, unixTime: 1))
                }
                if death == .afterLedgers {
                    let record = try installation.fanOutRecord(named: "news")
                    _ = try installation.ledger(of: record).erase(contact: entry.contact)
                }
                #expect(try installation.erasuresUnderWay() == 1)
            }
            try expectErased(fixture, audience)
        }
    }

    @Test("what is in flight cannot be called back, and its answer is forgotten when it has come")
    func inFlight() async throws {
        try await withRefused { fixture, receiver, audience in
            receiver.behave { request, _ in
                let body = "refused: " + String(buffer: request.body)
                return Reply(.answer(status: 422, headers: [:], body: body), after: .seconds(1))
            }
            let installation = try Installation.own(fixture.data)
            let before = receiver.received.distinctIDs
            let run = try await begin("more", receiver, installation)
            try await eventually("both are in flight") { receiver.received.distinctIDs == before + 2 }
            let answer = try await ControlLink(dataDirectory: fixture.data)
                .ask(ControlRequest(.erase, contact: ContactOrder(audience: "customers", edit: ada)))
            #expect(answer.refusal == nil && answer.message.contains("when it has ended"), "\(answer)")
            #expect(try installation.erasuresUnderWay() == 1)
            let end = try await run.end()
            #expect(end.progress.counts[.dead] == 2)
            #expect(try files(fixture.data, holding: "ada@example.com") == [])
            #expect(try installation.erasuresUnderWay() == 0)
        }
    }
}
