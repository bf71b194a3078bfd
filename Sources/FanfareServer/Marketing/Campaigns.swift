import Fanfare
import FanfareAudience
import FanfareCampaigns
import FanfareDelivery
import FanfareJob
import Hummingbird

/// Campaigns, which are fan-outs: they are listed and read here, and made and steered by commands.
extension MarketingAPI {
    func addCampaigns(to root: RouterGroup<APIContext>) {
        root.get("/campaigns") { request, _ in try await campaigns(request) }
        root.get("/campaigns/{campaign_id}") { request, context in
            let id = try context.part("campaign_id")
            guard let record = try await fanOuts().first(where: { $0.id == id }) else { throw Problem.notFound }
            return try JSONAnswer.make(try await json([record])[0], for: request)
        }
    }

    private func campaigns(_ request: Request) async throws -> Response {
        let page = try request.page()
        let filter = try CampaignFilter(request)
        var wanted = filter.sorted(try await fanOuts().filter { filter.admits($0) })
        if filter.needsOverviews {
            // What was ordered and counted tells a pause or a cancellation; the state alone does not.
            let installation = daemon.installation
            let records = wanted
            wanted = try await onDisk {
                try records.filter { filter.admits(CampaignStatus(try installation.overview(of: $0))) }
            }
        }
        return try JSONAnswer.make(
            .object([
                "campaigns": .array(try await json(page.of(wanted))), "total_items": .whole(wanted.count),
                "_links": [],
            ]),
            for: request
        )
    }

    private func fanOuts() async throws -> [FanOutRecord] {
        let installation = daemon.installation
        return try await onDisk { try installation.fanOutRecords(named: nil) }
    }

    private func json(_ records: [FanOutRecord]) async throws -> [JSONValue] {
        let installation = daemon.installation
        let campaigns = try await onDisk {
            let present = Set(try installation.audiences.all().map(\.id))
            return try records.map { record in
                let list = CampaignJSON.List(
                    id: record.audience,
                    name: try installation.audiences.name(of: record.audience),
                    isActive: present.contains(record.audience)
                )
                let segment = CampaignSegment(of: record, in: installation)
                return (CampaignJSON(try installation.overview(of: record), list), segment)
            }
        }
        let segments = try await segments(of: campaigns.filter { $0.1?.isNamed ?? false }.map { $0.0.list })
        return campaigns.map { campaign, segment in
            campaign.value(segment?.options(among: segments[campaign.list.id] ?? []))
        }
    }

    /// The segments and tags of lists, by the lists' ids, read once for each; of a job's own audience they have no ids
    /// that a caller could use.
    private func segments(of lists: [CampaignJSON.List]) async throws -> [String: [ListedSegment]] {
        var segments: [String: [ListedSegment]] = [:]
        for list in lists where list.isActive && list.name != nil && segments[list.id] == nil {
            segments[list.id] = try await webhooks.readUnlessGone(list.id) { try $0.listedSegments() } ?? []
        }
        return segments
    }
}

/// Where a campaign stands, in Mailchimp's words.
enum CampaignStatus: String, CaseIterable {
    case save, schedule, sending, paused, sent, canceling, canceled, archived

    init(_ fanOut: FanOutOverview) {
        switch fanOut.record.state {
        // It was given up before anybody was chosen, or what became of it is lost.
        case .ended where fanOut.record.counts == nil: self = .canceled
        case .ended: self = fanOut.counts[.cancelled] > 0 ? .canceled : .sent
        case _ where fanOut.orders.isCancelled: self = .canceling
        case _ where fanOut.isHeld: self = .paused
        case _ where fanOut.record.isPlanned(at: currentUnixTime()): self = .schedule
        case .importing: self = .save
        case .scheduled: self = .schedule
        case .freezing, .running: self = .sending
        case .stopped: self = .paused
        }
    }
}

/// Which campaigns a caller asks for, and in which order.
struct CampaignFilter: Sendable {
    private enum Order: String, CaseIterable, Sendable {
        case created = "create_time"
        case sent = "send_time"
    }

    private let status: CampaignStatus?
    private let list: String?
    private let created: Range<Int64>
    private let sent: Range<Int64>?
    private let order: Order?
    private let isDescending: Bool
    /// None are of another type or in a folder.
    private let admitsNone: Bool

    /// - Throws: ``Problem`` for a parameter that is none.
    init(_ request: Request) throws {
        status = try request.word("status", of: CampaignStatus.self)
        list = request.value("list_id")
        created = try request.period("create_time")
        let period = try request.period("send_time")
        sent = request.asksForPeriod("send_time") ? period : nil
        order = try request.word("sort_field", of: Order.self)
        isDescending = try request.isDescending()
        let type = try request.word("type", of: CampaignType.self) ?? .regular
        admitsNone = type != .regular || request.value("folder_id") != nil
    }

    /// The status is asked for, which the catalogue alone does not tell.
    var needsOverviews: Bool { status != nil }

    func admits(_ record: FanOutRecord) -> Bool {
        guard !admitsNone, created.contains(record.createdAt), list.map({ $0 == record.audience }) ?? true else {
            return false
        }
        guard let sent else { return true }
        return record.startedAt.map { sent.contains($0) } ?? false
    }

    func admits(_ status: CampaignStatus) -> Bool { self.status.map { $0 == status } ?? true }

    /// The newest first unless asked for otherwise; those that were not sent come before all that were.
    func sorted(_ records: [FanOutRecord]) -> [FanOutRecord] {
        guard let order else { return records }
        func time(_ record: FanOutRecord) -> Int64 {
            order == .created ? record.createdAt : record.startedAt ?? .min
        }
        return records.sorted { left, right in
            let (first, second) = ((time(left), left.id), (time(right), right.id))
            return isDescending ? first > second : first < second
        }
    }
}

private enum CampaignType: String, CaseIterable {
    case regular, plaintext, absplit, rss, variate
}

/// Writes campaigns as Mailchimp does: what Fanfare does not know of them is empty, and `emails_sent` counts requests
/// that were delivered.
struct CampaignJSON: Sendable {
    /// The audience that a fan-out goes to.
    struct List: Sendable {
        let id: String
        /// Nil: it belongs to a job.
        let name: String?
        let isActive: Bool
    }

    let list: List
    private let fanOut: FanOutOverview

    init(_ fanOut: FanOutOverview, _ list: List) {
        self.fanOut = fanOut
        self.list = list
    }

    /// - Parameter segmentOptions: Which part of the list it goes to; nil: all of it, or that is not known.
    func value(_ segmentOptions: JSONValue?) -> JSONValue {
        let record = fanOut.record
        let status = CampaignStatus(fanOut)
        return .object([
            // Ten hexadecimal digits.
            "id": .string(record.id), "web_id": .whole(Int64(record.id, radix: 16) ?? 0), "type": "regular",
            "create_time": .time(record.createdAt), "archive_url": "", "long_archive_url": "",
            "status": .string(status.rawValue), "emails_sent": .whole(fanOut.counts[.delivered]),
            "send_time": .time(record.startedAt), "content_type": "", "needs_block_refresh": false,
            "resendable": false,
            "recipients": recipients(segmentOptions),
            "settings": .object([
                "subject_line": "", "preview_text": "", "title": .string(record.name), "from_name": "",
                "reply_to": "", "use_conversation": false, "to_name": "", "folder_id": "", "authenticate": false,
                "auto_footer": false, "inline_css": false, "auto_tweet": false, "fb_comments": false,
                "timewarp": false, "template_id": 0, "drag_and_drop": false,
            ]),
            "tracking": .object([
                "opens": false, "html_clicks": false, "text_clicks": false, "goal_tracking": false,
                "ecomm360": false, "google_analytics": "", "clicktale": "",
            ]),
            "delivery_status": deliveryStatus(status), "_links": [],
        ])
    }

    private func recipients(_ segmentOptions: JSONValue?) -> JSONValue {
        let recipients = JSONValue.object([
            "list_id": .string(list.id), "list_is_active": .bool(list.isActive), "list_name": .text(list.name),
            "segment_text": .string(fanOut.selection), "recipient_count": .whole(fanOut.counts.total),
        ])
        return segmentOptions.map { recipients.adding(["segment_opts": $0]) } ?? recipients
    }

    private func deliveryStatus(_ status: CampaignStatus) -> JSONValue {
        let word =
            switch status {
            case .canceling: "canceling"
            case .canceled: "canceled"
            case .sent: "delivered"
            case .save, .schedule, .sending, .paused, .archived: "delivering"
            }
        guard fanOut.record.startedAt != nil else { return .object(["enabled": false]) }
        return .object([
            "enabled": true, "can_cancel": .bool(status == .sending || status == .paused), "status": .string(word),
            "emails_sent": .whole(fanOut.counts[.delivered]), "emails_canceled": .whole(fanOut.counts[.cancelled]),
        ])
    }
}
