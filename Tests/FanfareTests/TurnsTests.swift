import FanfareControl
import FanfareDelivery
import FanfareReceiver
import FanfareTesting
import Foundation
import Testing

@testable import Fanfare

/// Eight jobs of a daemon send at a time; who comes after them has its turn when one of them ends or rests.
struct TurnsTests {
    private func order(_ name: String, to url: String, _ more: String = "", _ folder: String) -> RunOrder {
        RunOrder(
            text: """
                fanfare: 1
                name: \(name)
                audience: {name: customers}
                webhook: {url: "\(url)", data: {to: "*|EMAIL|*"}}
                \(more)
                """,
            file: "\(name).yaml",
            folder: folder,
            environment: [:]
        )
    }

    /// A window that opens in two hours, and is closed again in three.
    private var closedWindow: String {
        func time(in hours: Int64) -> String {
            String(CampaignFixture.time(in: hours * 3600).split(separator: "T")[1].prefix(5))
        }
        return "schedule: {time_zone: UTC, window: {from: \"\(time(in: 2))\", to: \"\(time(in: 3))\"}}"
    }

    @Test func `eight that wait for their window keep nobody waiting`() async throws {
        try await withTemporaryFolder { folder in
            try await withScriptedReceiver({ _, _ in .status(200) }) { receiver in
                let fixture = try CampaignFixture(folder, url: receiver.url("/"))
                try await fixture.serve { daemon in
                    for number in 0..<DaemonJobs.atOnce {
                        let answer = daemon.jobs.take(
                            order("rests\(number)", to: fixture.url, closedWindow, folder.path)
                        )
                        #expect(answer.refusal == nil, "\(answer.message)")
                    }
                    try await eventually("all of them have begun") { daemon.jobs.running.count == DaemonJobs.atOnce }
                    _ = daemon.jobs.take(order("news", to: fixture.url, "", folder.path))
                    try await eventually("the ninth is over") { daemon.jobs.latest["news"]?.end == .complete }
                    #expect(daemon.jobs.running.count == DaemonJobs.atOnce)
                }
            }
        }
    }

    @Test func `while eight send the ninth waits, and says so`() async throws {
        try await withTemporaryFolder { folder in
            try await withScriptedReceiver({ _, _ in .status(200, after: .seconds(3)) }) { receiver in
                let fixture = try CampaignFixture(folder, url: receiver.url("/"))
                try await fixture.serve { daemon in
                    for number in 0..<DaemonJobs.atOnce {
                        _ = daemon.jobs.take(order("sends\(number)", to: fixture.url, "", folder.path))
                    }
                    try await eventually("all of them have begun") { daemon.jobs.running.count == DaemonJobs.atOnce }
                    _ = daemon.jobs.take(order("news", to: fixture.url, "", folder.path))
                    try await eventually("the ninth waits") {
                        let status = daemon.answer(ControlRequest(.status)).fanOuts ?? []
                        return status.contains { $0.state == LiveStatus.waiting && $0.detail?.hasPrefix("8 ") == true }
                    }
                    try await eventually("it has had its turn") { daemon.jobs.latest["news"]?.end == .complete }
                }
            }
        }
    }

    @Test(arguments: [false, true])
    func `whose time came while it waited for its turn is not missed by a restart`(hasWaited: Bool) async throws {
        try await withTemporaryFolder { folder in
            try await withScriptedReceiver({ _, _ in .status(200) }) { receiver in
                let fixture = try CampaignFixture(folder, url: receiver.url("/"))
                let time = CampaignFixture.time(in: -7200).prefix(16).replacing("T", with: " ")
                let schedule = "schedule: {at: \"\(time)\", time_zone: UTC, start_within: 1h}"
                var order = order("news", to: fixture.url, schedule, folder.path)
                order.isPlanned = true
                do {
                    let installation = try Installation.own(fixture.data)
                    let run = try JobRun(try order.job(), in: installation, order.options)
                    let store = try HandedJobs(installation)
                    try store.add(order, ticket: "a")
                    try store.note(run.record.id, ticket: "a")
                    if hasWaited { try store.noteWaiting("a", at: currentUnixTime() - 600) }
                }
                try await fixture.serve { daemon in
                    try await eventually("it is over") {
                        try daemon.installation.fanOutRecord(named: "news").state == .ended
                    }
                    let record = try daemon.installation.fanOutRecord(named: "news")
                    #expect((record.counts?[.delivered] == 3) == hasWaited)
                    #expect((record.stopReason?.contains("was missed") ?? false) == !hasWaited)
                }
            }
        }
    }
}
