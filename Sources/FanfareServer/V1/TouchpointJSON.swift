import Fanfare
import FanfareAudience
import FanfareCampaigns
import FanfareControl
import FanfareJob

/// Writes touchpoints, and what they would do.
enum TouchpointJSON {
    /// A touchpoint without its life. Secrets of its document are hidden.
    static func value(_ touchpoint: Touchpoint) -> JSONValue {
        let document = touchpoint.document?.shown
        return .object(
            [
                .init(key: "id", value: .string(touchpoint.id)),
                .init(key: "campaign_id", value: .string(touchpoint.campaign)),
                .init(key: "kind", value: .string(touchpoint.kind.rawValue)),
                .init(key: "name", value: .string(touchpoint.name)),
                .init(key: "notes", value: .string(touchpoint.notes)),
                .init(key: "channel", value: .orNull(touchpoint.channel?.rawValue)),
                .init(key: "at", value: .orNull(touchpoint.at)),
                .init(key: "time_zone", value: .string(touchpoint.timeZone)),
                .init(key: "minutes", value: touchpoint.minutes.map { .whole($0) } ?? .null),
                .init(key: "state", value: .string(touchpoint.state.rawValue)),
                .init(key: "reason", value: .orNull(touchpoint.reason)),
                .init(key: "starts_at", value: .moment(touchpoint.nextStart(now: currentUnixTime()))),
                .init(key: "repeats", value: .orNull(touchpoint.rule)),
                .init(key: "fan_out_name", value: .orNull(touchpoint.jobName)),
                .init(key: "created_at", value: .time(touchpoint.created)),
                .init(key: "updated_at", value: .time(touchpoint.updated)),
            ]
                + TouchpointDocument.Section.allCases.map { section in
                    .init(key: section.rawValue, value: document?[section] ?? .null)
                }
        )
    }

    /// The same with its life and its fan-outs. Blocks.
    static func value(_ touchpoint: Touchpoint, with desk: CampaignDesk) throws -> JSONValue {
        let life = try desk.life(of: touchpoint).map { change in
            JSONValue.object([
                "state": .string(change.state.rawValue), "at": .time(change.at), "by": .string(change.author),
                "remark": .orNull(change.remark),
            ])
        }
        let fanOuts = try desk.fanOuts(of: touchpoint).map(V1API.json)
        return value(touchpoint).adding(["life": .array(life), "fan_outs": .array(fanOuts)])
    }

    /// What a touchpoint would do.
    static func value(_ forecast: TouchpointForecast) -> JSONValue {
        let (planned, now) = (forecast.planned, currentUnixTime())
        let zones = forecast.zones.map { zone in
            JSONValue.object([
                "time_zone": zone.name.isEmpty ? .null : .string(zone.name), "contacts": .whole(zone.contacts),
                "due_at": .time(zone.due), "is_past": .bool(zone.due < now),
            ])
        }
        return .object([
            "start": .string(planned.start), "starts_at": .time(planned.startsAt),
            "requests": .whole(planned.requests),
            "skipped": .object(
                planned.skipped.sorted { $0.key < $1.key }.map { .init(key: $0.key, value: .whole($0.value)) }
            ),
            "seconds_by_rate": planned.secondsByRate.map { .number(String($0)) } ?? .null,
            "repeats": .orNull(planned.repeats), "variables": .array(planned.variables.map { .string($0) }),
            "zones": .array(zones), "warnings": .array(planned.warnings.map { .string($0) }),
        ])
    }

    // MARK: Schemas

    /// The states that people choose themselves.
    static let statesByHand: [String] = Touchpoint.State.allCases
        .filter { state in Touchpoint.Kind.allCases.contains { $0.statesByHand.contains(state) } }.map(\.rawValue)

    /// A section of a document.
    static func section(_ section: TouchpointDocument.Section) -> JSONValue {
        let description = "As `\(section.rawValue)` in a job file (fanfare schema), of a webhook"
        switch section {
        case .publicURL: return JSONSchema.orNull(JSONSchema.text(description + "."))
        case .audience: return anyObject(description + "; without it all of the campaign's audience.")
        case .schedule: return anyObject(description + "; `at` and `time_zone` stand beside it.")
        case .webhook, .delivery, .notify: return anyObject(description + ".")
        }
    }

    private static func anyObject(_ description: String) -> JSONValue {
        .object(["type": ["object", "null"], "description": .string(description)])
    }

    private static let members: [JSONValue.Member] =
        [
            .init(key: "id", value: JSONSchema.text()),
            .init(key: "campaign_id", value: JSONSchema.text()),
            .init(key: "kind", value: JSONSchema.word(Touchpoint.Kind.allCases.map(\.rawValue))),
            .init(key: "name", value: JSONSchema.text()),
            .init(key: "notes", value: JSONSchema.text()),
            .init(
                key: "channel",
                value: JSONSchema.orNull(
                    JSONSchema.word(Touchpoint.Channel.allCases.map(\.rawValue), "Over what a note's message is sent.")
                )
            ),
            .init(key: "at", value: JSONSchema.orNull(JSONSchema.text("Its local time, or the first one."))),
            .init(key: "time_zone", value: JSONSchema.text("The IANA name of the zone of `at`.")),
            .init(key: "minutes", value: JSONSchema.orNull(JSONSchema.whole("How long an event takes."))),
            .init(
                key: "state",
                value: JSONSchema.word(Touchpoint.State.allCases.map(\.rawValue), "Where it stands.")
            ),
            .init(key: "reason", value: JSONSchema.orNull(JSONSchema.text("Why it stands there."))),
            .init(
                key: "starts_at",
                value: JSONSchema.orNull(JSONSchema.time("Its time, or the next one of those to come."))
            ),
            .init(key: "repeats", value: JSONSchema.orNull(JSONSchema.text("By which rule (RRULE) it comes again."))),
            .init(key: "fan_out_name", value: JSONSchema.orNull(JSONSchema.text("What its fan-outs are called."))),
            .init(key: "created_at", value: JSONSchema.time()),
            .init(key: "updated_at", value: JSONSchema.time()),
        ] + TouchpointDocument.Section.allCases.map { .init(key: $0.rawValue, value: section($0)) }

    static let schema = JSONSchema.object(members)

    static let lifeSchema = JSONSchema.object(
        members + [
            .init(
                key: "life",
                value: JSONSchema.list(
                    of: JSONSchema.object([
                        "state": JSONSchema.word(Touchpoint.State.allCases.map(\.rawValue)), "at": JSONSchema.time(),
                        "by": JSONSchema.text("A key by its id, a user of the machine, or fanfare."),
                        "remark": JSONSchema.orNull(JSONSchema.text("Why.")),
                    ]),
                    "Where it has stood, oldest first."
                )
            ),
            .init(
                key: "fan_outs",
                value: JSONSchema.list(of: JSONSchema.named("FanOut"), "The latest hundred, the newest first.")
            ),
        ]
    )

    static let planSchema = JSONSchema.object([
        "start": JSONSchema.text("When it starts, as clocks there show it."), "starts_at": JSONSchema.time(),
        "requests": JSONSchema.whole("Contacts that would receive it now; who does is fixed when it starts."),
        "skipped": .object([
            "type": "object", "additionalProperties": .object(["type": "integer"]),
            "description": "How many contacts would get nothing now, by why.",
        ]),
        "seconds_by_rate": JSONSchema.orNull(JSONSchema.number("About how long it takes at its rate.")),
        "repeats": JSONSchema.orNull(JSONSchema.text("By which rule it comes again.")),
        "variables": JSONSchema.list(of: JSONSchema.text(), "The daemon's variables that it refers to."),
        "zones": JSONSchema.list(
            of: JSONSchema.object([
                "time_zone": JSONSchema.orNull(JSONSchema.text("Null: none, or one that is not known.")),
                "contacts": JSONSchema.whole(), "due_at": JSONSchema.time(),
                "is_past": JSONSchema.flag("Whether it is past there already."),
            ]),
            "When contacts are due that go by their own clocks, the first zone first."
        ),
        "warnings": JSONSchema.list(of: JSONSchema.text(), "What deserves a second look."),
    ])
}
