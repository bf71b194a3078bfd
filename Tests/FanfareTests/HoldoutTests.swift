import Fanfare
import FanfareReceiver
import FanfareTesting
import Testing

@Suite("A share of the audience is left out, and listed", .timeLimit(.minutes(1)))
struct HoldoutTests {
    private static let addresses = (1...40).map { "C\($0)@example.com" }
    /// A quarter under the name `tried`.
    private static let heldOut = [5, 6, 13, 14, 16, 33, 35].map { "C\($0)@example.com" }

    private func job(_ receiver: ScriptedReceiver, _ holdout: String) -> String {
        """
        audience: {import: contacts.csv, holdout: {\(holdout)}}
        webhook: {url: "\(receiver.url())", data: {to: "*|EMAIL|*"}}
        """
    }

    @Test("nothing is sent to them, they are listed with the reason, and all are accounted for")
    func leftOut() async throws {
        try await withTemporaryFolder { folder in
            try await withScriptedReceiver(Behaviours.always(.status(200))) { receiver in
                let job = try JobUnderTest(folder, job(receiver, "share: 25%"), addresses: Self.addresses)
                let end = try await job.run()
                #expect(end.progress.counts[.delivered] == 33 && end.progress.counts[.skipped] == 7)
                #expect(receiver.received.requests == 33)
                let rows = try job.deliveries()
                #expect(rows.filter { $0.reason == .heldOut }.compactMap(\.email) == Self.heldOut)
                #expect(rows.allSatisfy { ($0.state == .skipped) == ($0.reason == .heldOut) })
            }
        }
    }

    @Test("another job leaves out the same ones under the same name, and others under its own")
    func sameName() async throws {
        try await withTemporaryFolder { folder in
            try await withScriptedReceiver(Behaviours.always(.status(200))) { receiver in
                func heldOut(_ holdout: String) throws -> [String] {
                    var fixture = try RunFixture(folder, contacts: (1...40).map { "C\($0)" })
                    fixture.job = job(receiver, holdout)
                    let check = try JobCheck(fixture.load(), dataDirectory: fixture.data)
                    #expect(check.recipients == 40)
                    let skips = try #require(check.dryRun.skips[.heldOut])
                    #expect(check.dryRun.rendered == 40 - skips.count)
                    return skips.samples
                }
                let same = try heldOut("share: 25%, name: tried")
                let other = try heldOut("share: 25%")
                #expect(same == Array(Self.heldOut.prefix(3)) && other != same)
            }
        }
    }

    @Test("a preview and a test say why one of them would get nothing")
    func preview() async throws {
        try await withTemporaryFolder { folder in
            let url = "http://127.0.0.1:9/"
            var fixture = try RunFixture(folder, contacts: ["C5", "C7"])
            fixture.job = """
                audience: {import: contacts.csv, holdout: {share: 25%, name: tried}}
                webhook: {url: "\(url)", data: {to: "*|EMAIL|*"}}
                """
            let trial = try JobTrial(fixture.load(), contact: "c5@EXAMPLE.com", dataDirectory: fixture.data)
            #expect(trial.passedOver == "is held out by audience.holdout")
            #expect(trial.request == nil && trial.result == nil)
        }
    }
}
