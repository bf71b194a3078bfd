import Fanfare
import FanfareDelivery
import FanfareJob
import Foundation
import HTTPTypes
import Testing

@testable import FanfareAudience
@testable import FanfareServer

/// Fan-outs, as `/3.0` tells of them.
@Suite struct CampaignTests {
    private func record(_ id: String, _ name: String, to audience: String) -> FanOutRecord {
        FanOutRecord(
            id: id,
            name: name,
            run: 1,
            identity: "",
            state: .ended,
            audience: audience,
            jobFingerprint: "",
            contactsFingerprint: "",
            createdAt: 1
        )
    }

    @Test func `one that was cancelled before anybody was chosen is canceled`() async throws {
        try await MarketingFixture.with { fixture in
            var early = record("0000000001", "early", to: fixture.list)
            early.stopReason = "cancelled before anybody was chosen"
            var whole = record("0000000002", "whole", to: fixture.list)
            whole.counts = StateCounts()
            whole.counts?[.delivered] = 3
            var cut = record("0000000003", "cut", to: fixture.list)
            cut.counts = StateCounts()
            cut.counts?[.cancelled] = 1
            // Chosen from an audience in which nobody was: there was nobody to send to, and that is done.
            var empty = record("0000000004", "empty", to: fixture.list)
            empty.counts = StateCounts()
            try fixture.daemon.installation.fanOuts().save([early, whole, cut, empty])

            for (status, expected) in [
                ("canceled", ["0000000001", "0000000003"]), ("sent", ["0000000002", "0000000004"]), ("paused", []),
            ] as [(String, [String])] {
                let ids: [String] = try await fixture.ask(.get, "/campaigns?status=\(status)")
                    .each("id", of: "campaigns")
                #expect(ids.sorted() == expected, "\(status)")
            }
            let one = try await fixture.ask(.get, "/campaigns/0000000001")
            #expect(one["status"] as? String == "canceled")
            // Nobody knows any more what job it was.
            #expect(one.object("recipients")["segment_opts"] == nil)
        }
    }

    // MARK: Its part of the list

    private static func listed(_ id: Int64, _ name: String, isSaved: Bool) -> ListedSegment {
        let definition = isSaved ? SegmentDefinition(match: .all, terms: []) : nil
        return ListedSegment(id: id, name: name, definition: definition, created: 1, updated: 1)
    }

    /// A tag and a saved segment may have one name.
    private let segments = [
        CampaignTests.listed(1, "other", isSaved: false), CampaignTests.listed(2, "VIP", isSaved: true),
        CampaignTests.listed(3, "VIP", isSaved: false),
    ]

    private func segment(_ job: String) throws -> CampaignSegment? { try CampaignSegment(job: Data(job.utf8)) }

    @Test func `a tag is told as the segment that it is`() throws {
        let options = try segment(#"{"audience": {"name": "customers", "tag": "vip"}}"#)?.options(among: segments)
        #expect(options?["saved_segment_id"] == 3 && options?["match"] == "any")
        guard case .array(let conditions)? = options?["conditions"] else {
            Issue.record("a tag has a condition")
            return
        }
        #expect(conditions.count == 1 && conditions.first?["condition_type"] == "StaticSegment")
        #expect(conditions.first?["value"] == 3)
    }

    @Test func `a saved segment is told by its id alone, and one that is gone not at all`() throws {
        let saved = try segment(#"{"audience": {"name": "customers", "segment": "vip"}}"#)
        let options = saved?.options(among: segments)
        #expect(options?["saved_segment_id"] == 2 && options?["conditions"] == nil)
        #expect(saved?.options(among: []) == nil)
    }

    @Test func `conditions of the job itself are told as they are`() throws {
        let job = """
            {"audience": {"name": "customers", "segment": {"match": "any", "conditions": [
                {"condition_type": "TextMerge", "field": "FNAME", "op": "is", "value": "Ada"}
            ]}}}
            """
        let own = try segment(job)
        #expect(own?.isNamed == false)
        let options = own?.options(among: [])
        #expect(options?["match"] == "any" && options?["saved_segment_id"] == nil)
        guard case .array(let conditions)? = options?["conditions"] else {
            Issue.record("the conditions are told")
            return
        }
        #expect(conditions.count == 1 && conditions.first?["field"] == "FNAME" && conditions.first?["value"] == "Ada")
    }

    @Test func `who goes to all has no segment`() throws {
        #expect(try segment(#"{"audience": {"name": "customers"}}"#) == nil)
        #expect(try segment("{}") == nil)
    }
}
