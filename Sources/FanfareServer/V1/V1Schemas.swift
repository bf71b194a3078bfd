import Fanfare
import FanfareAudience
import FanfareDelivery
import FanfareJob

/// The schemas that the OpenAPI document of `/v1` names: what is answered, and what is taken.
enum V1Schemas {
    static let all: KeyValuePairs<String, JSONValue> = [
        "Delivery": delivery,
        "DeliveryPage": JSONSchema.object([
            "deliveries": list("Delivery"),
            "next": JSONSchema.orNull(JSONSchema.text("What the next page is asked for with, as `after`.")),
        ]),
        "Attempts": JSONSchema.object(["attempts": JSONSchema.list(of: attempt)]),
        "ResendOrder": ResendOrder.schema,
        "Resent": JSONSchema.object(["deliveries": JSONSchema.whole("How many are sent again.")]),
        "FanOut": fanOut,
        "FanOutPage": JSONSchema.object([
            "fan_outs": list("FanOut"), "total": JSONSchema.whole("How many there are in all."),
        ]),
        "Webhook": JSONSchema.object(webhook),
        "Webhooks": JSONSchema.object([
            "webhooks": list("Webhook"),
            "is_sending": JSONSchema.flag(
                "Whether webhooks are sent at all: not while they are paused, by the operator, after a restore or after "
                    + "deaths, until fanfare webhook resume."
            ),
        ]),
        "NewWebhook": NewWebhook.schema,
        "NewWebhookWithSecret": JSONSchema.object(
            webhook + [.init(key: "signing_secret", value: JSONSchema.text("Shown once: it begins with whsec_."))]
        ),
        "WebhookChange": WebhookChange.schema,
        "WebhookTest": WebhookTestJSON.schema,
        "Audience": audience,
        "Audiences": JSONSchema.object(["audiences": list("Audience")]),
        "Segment": SegmentText.schema(condition: "#/components/schemas/Condition"),
        "Condition": SegmentText.conditionSchema,
        "SavedSegment": JSONSchema.object([
            "id": JSONSchema.whole(), "name": JSONSchema.text(), "segment": JSONSchema.named("Segment"),
            "created_at": JSONSchema.time(), "updated_at": JSONSchema.time(),
        ]),
        "Segments": JSONSchema.object(["segments": list("SavedSegment")]),
        "NewSegment": JSONSchema.object([
            "name": JSONSchema.text("Unique in the audience.", length: 1...100), "segment": JSONSchema.named("Segment"),
        ]),
        "Conditions": JSONSchema.object(["segment": JSONSchema.named("Segment")]),
        "SegmentCount": JSONSchema.object([
            "subscribed": JSONSchema.whole("Contacts that are subscribed."),
            "contacts": JSONSchema.whole("Contacts of any status."),
        ]),
        "Stop": StopJSON.schema,
        "StopOrder": StopBody.schema,
        "Account": AccountJSON.schema,
        "AccountChange": AccountChange.schema,
        "Campaign": OwnCampaignJSON.schema,
        "CampaignPage": JSONSchema.object([
            "campaigns": list("Campaign"), "total": JSONSchema.whole("How many there are in all."),
        ]),
        "NewCampaign": NewCampaign.schema,
        "CampaignChange": CampaignChange.schema,
        "Touchpoint": TouchpointJSON.schema,
        "TouchpointWithLife": TouchpointJSON.lifeSchema,
        "Touchpoints": JSONSchema.object(["touchpoints": list("Touchpoint")]),
        "NewTouchpoint": TouchpointBody.newSchema,
        "TouchpointChange": TouchpointBody.changeSchema,
        "TouchpointPlan": TouchpointJSON.planSchema,
        "PlannedTouchpoint": JSONSchema.object([
            "touchpoint": JSONSchema.named("TouchpointWithLife"), "plan": JSONSchema.named("TouchpointPlan"),
        ]),
        "CalendarEntry": CalendarJSON.entrySchema,
        "Calendar": JSONSchema.object(["entries": list("CalendarEntry")]),
        "CalendarFeed": CalendarJSON.feedSchema,
        "CalendarFeeds": JSONSchema.object(["feeds": list("CalendarFeed")]),
        "NewCalendarFeed": NewCalendarFeed.schema,
        "CalendarFeedWithPath": CalendarJSON.madeFeedSchema,
        "Problem": problem,
    ]

    /// The same with those of journeys, whose documents have a format of their own.
    static var members: [JSONValue.Member] {
        (Array(all) + Array(JourneyJSON.schemas)).map { .init(key: $0.key, value: $0.value) }
            + [.init(key: "JourneyDocument", value: JourneySchema.schema(at: address))]
            + JourneySchema.definitions(at: address).filter { $0.key != "condition" }
            .map { .init(key: name(of: $0.key), value: $0.value) }
    }

    private static func address(_ definition: String) -> String { "#/components/schemas/\(name(of: definition))" }

    private static func name(of definition: String) -> String {
        switch definition {
        case "condition": "Condition"
        case "secret": "Secret"
        default: "JourneySegment"
        }
    }

    private static func list(_ name: String) -> JSONValue { JSONSchema.list(of: JSONSchema.named(name)) }

    private static let milliseconds = JSONSchema.orNull(
        JSONSchema.number("Milliseconds from its start; null where it was not reached or is not known.")
    )

    private static let counts = JSONSchema.object(
        DeliveryState.allCases.map { .init(key: $0.name, value: JSONSchema.whole()) },
        "How many stand in each state."
    )

    private static let delivery = JSONSchema.object([
        "id": JSONSchema.text("Names it here."),
        "trigger": JSONSchema.word(DeliveryTrigger.allCases.map(\.rawValue), "What made it."),
        "endpoint": JSONSchema.text("The id of the fan-out, of the audience webhook or of the journey's point."),
        "fan_out": JSONSchema.orNull(JSONSchema.text("The fan-out's name.")),
        "audience": JSONSchema.text("The audience's id."),
        "email": JSONSchema.orNull(JSONSchema.text("The contact's address now; null when it was erased.")),
        "event": JSONSchema.orNull(
            JSONSchema.word(
                (ChangeKind.allCases + [.journeyPoint]).map(\.name),
                "What an audience webhook tells of; journey where a contact came by at a point of one."
            )
        ),
        "webhook_id": JSONSchema.text("What the receiver had in the header webhook-id."),
        "state": JSONSchema.word(DeliveryState.allCases.map(\.name), "Where it stands."),
        "attempts": JSONSchema.whole("Attempts that counted."),
        "status": JSONSchema.orNull(JSONSchema.whole("HTTP status of the last attempt.")),
        "reason": JSONSchema.orNull(JSONSchema.text("Why it is in this state.")),
        "created_at": JSONSchema.orNull(JSONSchema.time("When an audience webhook's event arose.")),
        "changed_at": JSONSchema.orNull(JSONSchema.time("When its state changed last; null before its first attempt.")),
        "duration_ms": JSONSchema.orNull(JSONSchema.number("How long the last attempt took.")),
    ])

    private static let attempt = JSONSchema.object([
        "number": JSONSchema.whole("From 1."),
        "ended_at": JSONSchema.time(),
        "status": JSONSchema.orNull(JSONSchema.whole("HTTP status.")),
        "reason": JSONSchema.orNull(JSONSchema.text("Why it failed; null where it was accepted.")),
        "curl_code": JSONSchema.whole("libcurl's code; 0: none."),
        "os_error": JSONSchema.whole("The system's error number; 0: none."),
        "connected_ms": milliseconds,
        "secured_ms": milliseconds,
        "first_byte_ms": milliseconds,
        "total_ms": JSONSchema.number("Milliseconds from its start to its end."),
        "location": JSONSchema.orNull(JSONSchema.text("Where a 3xx points to, without its query.")),
        "response": JSONSchema.orNull(
            JSONSchema.text("How the answer's body began, on one line; null where it was accepted.")
        ),
    ])

    private static let fanOut = JSONSchema.object([
        "id": JSONSchema.text(), "name": JSONSchema.text("The job's."), "run": JSONSchema.whole("From 1."),
        "audience": JSONSchema.text("The audience's id."),
        "selection": JSONSchema.text("Which part of the audience it goes to; empty: all, or not known any more."),
        "state": JSONSchema.word(FanOutRecord.State.allCases.map(\.rawValue)),
        "is_paused": JSONSchema.flag(), "is_cancelled": JSONSchema.flag(),
        "stop_reason": JSONSchema.orNull(JSONSchema.text("Why it stopped.")),
        "created_at": JSONSchema.time(),
        "started_at": JSONSchema.orNull(JSONSchema.time("When it was fixed who receives.")),
        "ended_at": JSONSchema.orNull(JSONSchema.time()),
        "pruned_at": JSONSchema.orNull(JSONSchema.time("When its deliveries were forgotten.")),
        "recipients": JSONSchema.whole(),
        "deliveries": counts,
    ])

    private static let webhook: [JSONValue.Member] = [
        .init(key: "id", value: JSONSchema.text()),
        .init(key: "audience", value: JSONSchema.text("The audience's id.")),
        .init(key: "url", value: JSONSchema.text("Where it is told.")),
        .init(key: "events", value: WebhookSchemas.events("What it is told of.")),
        .init(key: "sources", value: WebhookSchemas.sources("Whose changes it is told of.")),
        .init(key: "is_enabled", value: JSONSchema.flag("Whether it is told anything.")),
        .init(key: "disabled_reason", value: JSONSchema.orNull(JSONSchema.text("Why not."))),
        .init(key: "disabled_at", value: JSONSchema.orNull(JSONSchema.time())),
        .init(key: "is_signed", value: JSONSchema.flag("Whether requests are signed.")),
        .init(key: "created_at", value: JSONSchema.time()),
        .init(
            key: "oldest_waiting_since",
            value: JSONSchema.orNull(
                JSONSchema.time("When the oldest event arose that may be sent or waits for a further attempt.")
            )
        ),
        .init(key: "deliveries", value: counts),
    ]

    private static let audience = JSONSchema.object([
        "id": JSONSchema.text(), "name": JSONSchema.text(), "created_at": JSONSchema.time(),
        "contacts": JSONSchema.object(
            ContactStatus.allCases.map { .init(key: $0.rawValue, value: JSONSchema.whole()) },
            "How many contacts have each status."
        ),
        "fields": JSONSchema.list(
            of: JSONSchema.object([
                "tag": JSONSchema.text("The merge tag."), "name": JSONSchema.text(), "type": JSONSchema.text(),
            ]),
            "Its merge fields, in their order."
        ),
    ])

    private static let problem = JSONSchema.object(
        [
            "type": JSONSchema.text(format: "uri"), "title": JSONSchema.text(), "status": JSONSchema.whole(),
            "detail": JSONSchema.text("One or two sentences for a person."),
            "instance": JSONSchema.text("The request's id, in the log too."),
            "errors": JSONSchema.list(
                of: JSONSchema.object(["field": JSONSchema.text(), "message": JSONSchema.text()]),
                "What is not accepted, and where."
            ),
        ],
        optional: ["errors"]
    )
}
