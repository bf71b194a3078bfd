import FanfareCampaigns
import FanfareDelivery
import FanfareJob

/// Writes journeys.
enum JourneyJSON {
    /// Without its map.
    static func summary(_ journey: Journey) -> JSONValue { .object(members(of: journey)) }

    /// With its map, and how many contacts are at its points. Blocks.
    static func value(of journey: Journey, _ journeys: Journeys) throws -> JSONValue {
        let requests = try journeys.requests(of: journey)
        let points = try journeys.counts(of: journey).map { point(of: journey, $0, requests[$0.point]) }
        let life = try journeys.life(of: journey).map { change in
            JSONValue.object([
                "state": .string(change.state.rawValue), "at": .time(change.at), "by": .string(change.by),
                "remark": .orNull(change.remark),
            ])
        }
        return .object(
            members(of: journey) + [
                .init(key: "points", value: .array(points)), .init(key: "life", value: .array(life)),
                .init(key: "warnings", value: .array(journey.warnings.map { .string($0) })),
                .init(key: "document", value: journey.fault == nil ? journey.map.shown : .null),
            ]
        )
    }

    private static func members(of journey: Journey) -> [JSONValue.Member] {
        [
            .init(key: "id", value: .string(journey.id)), .init(key: "number", value: .whole(journey.number)),
            .init(key: "audience_id", value: .string(journey.audience)),
            .init(key: "name", value: .string(journey.map.name)),
            .init(key: "state", value: .string(journey.state.rawValue)),
            .init(
                key: "reason",
                value: .orNull(journey.fault.map { "its map cannot be read: \($0)" } ?? journey.reason)
            ),
            .init(key: "version", value: .whole(journey.version)),
            .init(key: "created_at", value: .time(journey.created)),
            .init(key: "updated_at", value: .time(journey.updated)),
        ]
    }

    private static func point(
        of journey: Journey,
        _ counts: JourneyPointCounts,
        _ requests: EventSummary?
    ) -> JSONValue {
        let states: [JSONValue.Member] = DeliveryState.allCases.map { state in
            .init(key: state.name, value: .whole(requests?.counts[state] ?? 0))
        }
        return .object([
            "id": .string(counts.point), "number": .whole(journey.numbers[counts.point] ?? 0),
            "waiting": .whole(counts.waiting), "arrived": .whole(counts.arrived), "passed": .whole(counts.passed),
            "requests": journey.sendsWebhook(at: counts.point) ? .object(states) : .null,
        ])
    }

    static func position(_ position: JourneyPosition, address: String?) -> JSONValue {
        .object([
            "number": .whole(position.number), "email": .orNull(address), "entry": .whole(position.entry),
            "point": .string(position.point), "arrived_at": .time(position.arrived),
            // Whoever is about to go on is due since long ago.
            "due_at": .moment(position.due.map { max($0, position.arrived) }),
        ])
    }

    static func passage(_ passage: JourneyPassage) -> JSONValue {
        .object([
            "entry": .whole(passage.entry), "visit": .whole(passage.visit), "point": .string(passage.point),
            "way": .string(passage.way.name), "at": .time(passage.at),
        ])
    }

    // MARK: Schemas

    static let schemas: KeyValuePairs<String, JSONValue> = [
        "JourneySummary": JSONSchema.object(summaryMembers),
        "Journeys": JSONSchema.object(["journeys": JSONSchema.list(of: JSONSchema.named("JourneySummary"))]),
        "Journey": JSONSchema.object(
            summaryMembers + [
                .init(key: "points", value: JSONSchema.list(of: point)),
                .init(key: "life", value: JSONSchema.list(of: change)),
                .init(key: "warnings", value: JSONSchema.list(of: JSONSchema.text())),
                .init(
                    key: "document",
                    value: .object([
                        "type": ["object", "null"],
                        "description": "Without its secrets; null where it cannot be read, as `reason` says.",
                    ])
                ),
            ]
        ),
        "JourneyContacts": JSONSchema.object([
            "contacts": JSONSchema.list(of: position),
            "next": JSONSchema.orNull(JSONSchema.whole("What the next page is asked for with, as `after`.")),
        ]),
        "JourneySteps": JSONSchema.object(["steps": JSONSchema.list(of: passage)]),
        "JourneyEntry": JourneyEntryBody.schema,
    ]

    private static let summaryMembers: [JSONValue.Member] = [
        .init(key: "id", value: JSONSchema.text()),
        .init(key: "number", value: JSONSchema.whole("By which Mailchimp's interface knows it.")),
        .init(key: "audience_id", value: JSONSchema.text()), .init(key: "name", value: JSONSchema.text()),
        .init(key: "state", value: JSONSchema.word(Journey.State.allCases.map(\.rawValue))),
        .init(key: "reason", value: JSONSchema.orNull(JSONSchema.text("Why it was paused without anybody's wish."))),
        .init(key: "version", value: JSONSchema.whole("Counts the versions of its map, from 1.")),
        .init(key: "created_at", value: JSONSchema.time()), .init(key: "updated_at", value: JSONSchema.time()),
    ]

    private static let point = JSONSchema.object([
        "id": JSONSchema.text(), "number": JSONSchema.whole("Stays its own over versions: a step_id at /3.0."),
        "waiting": JSONSchema.whole("Contacts that wait there now."),
        "arrived": JSONSchema.whole("Contacts that have come there, each time counted."),
        "passed": JSONSchema.whole("Contacts that have gone on from there."),
        "requests": JSONSchema.orNull(
            JSONSchema.object(DeliveryState.allCases.map { .init(key: $0.name, value: JSONSchema.whole()) })
        ),
    ])

    private static let change = JSONSchema.object([
        "state": JSONSchema.word(Journey.State.allCases.map(\.rawValue)), "at": JSONSchema.time(),
        "by": JSONSchema.text(), "remark": JSONSchema.orNull(JSONSchema.text()),
    ])

    private static let position = JSONSchema.object([
        "number": JSONSchema.whole("Counts the entries of all contacts of the audience."),
        "email": JSONSchema.orNull(JSONSchema.text()), "entry": JSONSchema.whole("Which of its entries, from 1."),
        "point": JSONSchema.text("The point's id."), "arrived_at": JSONSchema.time(),
        "due_at": JSONSchema.orNull(JSONSchema.time("Until when it waits; null: for something to happen.")),
    ])

    private static let passage = JSONSchema.object([
        "entry": JSONSchema.whole("Which of its entries, from 1."),
        "visit": JSONSchema.whole("Which point of the entry, from 1; 0: its start."),
        "point": JSONSchema.text("The point's id."), "way": JSONSchema.text("Which way it went."),
        "at": JSONSchema.time(),
    ])
}
