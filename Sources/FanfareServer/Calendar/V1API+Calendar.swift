import Fanfare
import FanfareJob
import HTTPTypes
import Hummingbird

/// The calendar, and the links by which calendar programs subscribe to it.
extension V1API {
    var calendarOperations: [Operation] {
        [
            Operation(
                method: .get,
                path: "/calendar",
                id: "getCalendar",
                summary: "All that is planned, goes on or is over within a time",
                description: """
                    Touchpoints of campaigns, dates at which journeys begin, and fan-outs of job files with the times to \
                    come of those that come again, in the order of their start. At most \(Daemon.longestCalendar) days and \(Daemon.fullestCalendar) \
                    entries: more are refused.
                    """,
                scope: .view,
                parameters: [
                    .query("from", JSONSchema.time(), "From this moment on.", isRequired: true),
                    .query("to", JSONSchema.time(), "Before this moment.", isRequired: true),
                ],
                answer: .json(JSONSchema.named("Calendar"), "The calendar."),
                handler: calendar
            ),
            Operation(
                method: .get,
                path: "/calendar/feeds",
                id: "listCalendarFeeds",
                summary: "The links to the calendar, without their tokens",
                scope: .view,
                answer: .json(JSONSchema.named("CalendarFeeds"), "The links, the oldest first."),
                handler: { request, _ in
                    let all = try await onDisk { [feeds] in try feeds.all() }
                    return try JSONAnswer.make(.object(["feeds": .array(all.map(CalendarJSON.feed))]), for: request)
                }
            ),
            Operation(
                method: .post,
                path: "/calendar/feeds",
                id: "createCalendarFeed",
                summary: "Makes a link to the calendar, for calendar programs",
                description: """
                    Whoever has the link reads the calendar as iCalendar, 90 days back and 365 ahead, without a key. It is \
                    shown once, and holds until it is deleted.
                    """,
                scope: .send,
                body: JSONSchema.named("NewCalendarFeed"),
                answer: .json(JSONSchema.named("CalendarFeedWithPath"), "The link.", status: .created),
                handler: createFeed
            ),
            Operation(
                method: .delete,
                path: "/calendar/feeds/{feed_id}",
                id: "deleteCalendarFeed",
                summary: "Ends the use of a link to the calendar",
                scope: .send,
                parameters: [.id("feed_id", of: "a link to the calendar")],
                answer: .none("It leads nowhere from now on."),
                handler: { [feeds] _, context in
                    let id = try context.part("feed_id")
                    guard try await onDisk({ try feeds.remove(id) }) else { throw Problem.notFound }
                    return JSONAnswer.none
                }
            ),
        ]
    }

    private var feeds: CalendarFeeds { CalendarFeeds(daemon.installation.catalogue) }

    private func calendar(_ request: Request, _ context: APIContext) async throws -> Response {
        guard let from = try request.time("from"), let to = try request.time("to") else {
            throw Problem.missing(["from", "to"].filter { request.value($0[...]) == nil })
        }
        let entries = try await onDisk { [daemon] in try daemon.calendar(from: from, to: to) }
        return try JSONAnswer.make(.object(["entries": .array(entries.map(CalendarJSON.entry))]), for: request)
    }

    private func createFeed(_ request: Request, _ context: APIContext) async throws -> Response {
        let name = try await request.decode(NewCalendarFeed.self, context).name
        let author = context.author
        let made = try await onDisk { [feeds] in try feeds.create(name: name, by: author, now: currentUnixTime()) }
        guard let made else {
            throw Problem.invalidAction("There are \(CalendarFeeds.most) links already: delete one that nobody uses.")
        }
        let path = CalendarSubscription.path(token: made.token)
        // A command of this machine asks under no host.
        let url = context.isLocal ? nil : request.origin + path
        return try JSONAnswer.make(
            CalendarJSON.feed(made.feed).adding(["path": .string(path), "url": .orNull(url)]),
            for: request,
            status: .created
        )
    }
}

/// How a link to the calendar is to be called.
struct NewCalendarFeed: Decodable, Sendable {
    private enum CodingKeys: String, CodingKey, CaseIterable { case name }

    let name: String

    init(from decoder: any Decoder) throws {
        name = try decoder.members(CodingKeys.self).text(required: .name, length: 1...100)
    }

    static let schema = JSONSchema.object(["name": JSONSchema.text("For people.", length: 1...100)])
}

/// Writes the calendar.
enum CalendarJSON {
    static func entry(_ entry: CalendarEntry) -> JSONValue {
        .object([
            "uid": .string(entry.uid), "kind": .string(entry.kind.rawValue), "title": .string(entry.title),
            "state": .string(entry.state), "starts_at": .time(entry.startsAt),
            "minutes": entry.minutes.map { .whole($0) } ?? .null, "time_zone": .string(entry.timeZone),
            "local_time": .string(entry.localText), "campaign_id": .orNull(entry.campaign?.id),
            "campaign_name": .orNull(entry.campaign?.name), "audience": .orNull(entry.audience),
            "path": .orNull(entry.resource), "updated_at": .time(entry.updated), "sequence": .whole(entry.sequence),
        ])
    }

    static func feed(_ feed: CalendarFeed) -> JSONValue {
        .object([
            "id": .string(feed.id), "name": .string(feed.name), "created_at": .time(feed.created),
            "created_by": .string(feed.author),
        ])
    }

    static let feedSchema = JSONSchema.object(feedMembers)

    static let madeFeedSchema = JSONSchema.object(
        feedMembers + [
            .init(key: "path", value: JSONSchema.text("Below this server's address. Shown once.")),
            .init(
                key: "url",
                value: JSONSchema.orNull(
                    JSONSchema.text("Under the address that was asked; null for a command of the machine.")
                )
            ),
        ]
    )

    private static let feedMembers: [JSONValue.Member] = [
        .init(key: "id", value: JSONSchema.text()), .init(key: "name", value: JSONSchema.text()),
        .init(key: "created_at", value: JSONSchema.time()),
        .init(key: "created_by", value: JSONSchema.text("A key by its id, or an operator of the machine.")),
    ]

    static let entrySchema = JSONSchema.object([
        "uid": JSONSchema.text("Names it, also when it is moved."),
        "kind": JSONSchema.word(
            CalendarEntry.Kind.allCases.map(\.rawValue),
            "What it is: a touchpoint's kind, a fan-out of a job file, or a starting point of a journey."
        ),
        "title": JSONSchema.text(),
        "state": JSONSchema.text("How it stands, such as draft, scheduled, running, complete, cancelled."),
        "starts_at": JSONSchema.time(),
        "minutes": JSONSchema.orNull(JSONSchema.whole("How long it is; null where it is a moment, or has no end yet.")),
        "time_zone": JSONSchema.text("The IANA name of the zone that it was planned in."),
        "local_time": JSONSchema.text("What clocks there show, for people."),
        "campaign_id": JSONSchema.orNull(JSONSchema.text()),
        "campaign_name": JSONSchema.orNull(JSONSchema.text()),
        "audience": JSONSchema.orNull(JSONSchema.text("The audience's id.")),
        "path": JSONSchema.orNull(JSONSchema.text("The resource that tells more.")),
        "updated_at": JSONSchema.time("When it was changed last."),
        "sequence": JSONSchema.whole("How often it was changed."),
    ])
}
