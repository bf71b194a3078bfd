import FanfareDelivery
import FanfarePayload

/// The keys of a point that sends a webhook.
enum JourneyWebhookSection {
    static let webhook = Key<WebhookDefinition>(
        "webhook",
        WebhookSection.format(webhookKeys),
        required: true,
        "Where it goes and what it carries."
    )
    static let delivery = Key<DeliverySettings>(
        "delivery",
        JourneyDeliverySection.format,
        "How fast it goes, how it is repeated and given up."
    )
    static let onFailure = Key<JourneyWebhook.OnFailure>(
        "on_failure",
        .word(),
        default: "go_on",
        "What becomes of a contact whose webhook is not delivered: it goes on at once whatever becomes of it, waits until "
            + "it is delivered, or leaves the journey when it was given up."
    )

    static let keys = [webhook.description, delivery.description, onFailure.description]

    static func read(_ section: SectionMembers, _ reading: inout Reading) -> JourneyWebhook? {
        let delivery = section.value(delivery, &reading) ?? .journeys
        let onFailure = section.value(onFailure, &reading) ?? .goOn
        return section.value(webhook, &reading).map {
            JourneyWebhook(webhook: $0, delivery: delivery, onFailure: onFailure)
        }
    }
}

// MARK: What differs from a job's webhook

extension JourneyWebhookSection {
    /// All requests of a point go to one endpoint, and each has a body of its own.
    private static let webhookKeys: WebhookSection.Keys = {
        var keys = WebhookSection.Keys()
        keys.url = Key(keys.url.name, url, required: true, "Where requests go; without merge tags.")
        keys.method = Key(keys.method.name, method, default: "POST", "The HTTP method.")
        keys.headers = Key(keys.headers.name, headers, "Further headers; without merge tags.")
        keys.contentType = Key(keys.contentType.name, contentType, default: "json", "How data is sent.")
        keys.data = Key(
            keys.data.name,
            keys.data.format,
            required: true,
            "What is sent: for json anything, for form a mapping, for raw text. Texts may hold merge tags."
        )
        return keys
    }()

    private static let method = Format<WebhookDefinition.Method>.word(of: [.post, .put, .patch, .delete])
        .refusing("GET", suggestion: "a journey's webhook has a body, and a GET has none")

    private static let contentType = Format<WebhookSection.ContentType>.word(of: [.json, .form, .raw])
        .refusing("multipart", suggestion: "a journey's webhook is sent as json, form or raw")

    private static let url: Format<String> = {
        let any = WebhookSection.url.format
        let accepted = any.accepted + " without merge tags"
        return Format(accepted: accepted, schema: any.schema.adding(["not": mergeTags])) { node, reading in
            // Read first, so that of an address that may hold a key nothing is shown.
            guard let url = any.read(node, &reading) else { return nil }
            guard url.hasMergeTag else { return url }
            reading.reportMergeTag(node, accepted: accepted)
            return nil
        }
    }()

    private static let headers: Format<[WebhookDefinition.Header]> = {
        let any = HeadersFormat.format
        let schema = JSONValue.object([
            "type": "object",
            "additionalProperties": .object([
                "anyOf": [
                    .object(["type": ["string", "number", "boolean"], "not": mergeTags]), Format<Secret>.secret.schema,
                ]
            ]),
        ])
        return Format(accepted: any.accepted, schema: schema) { node, reading in
            guard let headers = any.read(node, &reading), case .mapping(let members) = node.content else { return nil }
            for (header, member) in zip(headers, members) {
                reading.descend(.key(member.key)) { check(header, member.value, &$0) }
            }
            return headers
        }
    }()

    private static func check(_ header: WebhookDefinition.Header, _ node: SourceNode, _ reading: inout Reading) {
        guard case .text(let text) = header.value else { return }
        if text.hasMergeTag { reading.reportMergeTag(node, accepted: "text without merge tags") }
        if reading.refusesShownSecrets, header.isSecret, text == Reading.shownSecret {
            reading.reportShownSecret(at: node.place)
        }
    }

    private static let mergeTags = JSONValue.object(["type": "string", "pattern": #"\*\|"#])
}

extension Format {
    /// The same, with a reason for a word that is accepted elsewhere.
    fileprivate func refusing(_ word: String, suggestion: String) -> Format {
        Format(accepted: accepted, schema: schema) { node, reading in
            guard node.text == word else { return read(node, &reading) }
            reading.reportValue(node, accepted: accepted, suggestion: suggestion)
            return nil
        }
    }
}

extension String {
    fileprivate var hasMergeTag: Bool { contains("*|") }
}

extension Reading {
    fileprivate mutating func reportMergeTag(_ node: SourceNode, accepted: String) {
        report(
            .badValue,
            at: node.place,
            "`\(path.dotted)` has a merge tag: all contacts' requests go to one URL, with the same headers",
            accepted: accepted,
            suggestion: "merge tags may stand in `data`"
        )
    }
}

/// The keys of the `delivery` of a point.
enum JourneyDeliverySection {
    private static let defaults = DeliverySettings.journeys

    static let maxInFlight = Key<Int>(
        DeliverySection.maxInFlight.name,
        DeliverySection.maxInFlight.format,
        default: .integer(defaults.maxInFlight),
        "Requests of the point in flight at a time, at most."
    )
    static let timeout = Key<Duration>(
        DeliverySection.timeout.name,
        DeliverySection.timeout.format,
        default: .string(defaults.timeout.jobText),
        DeliverySection.timeout.about
    )
    static let deadline = Key<Duration>(
        DeliverySection.deadline.name,
        DeliverySection.deadline.format,
        default: .string(defaults.deadline.jobText),
        "One webhook, from its first attempt, counting the time in which it may be sent; at least what the retries take "
            + "together."
    )
    static let retries = Key<[Duration]>(
        DeliverySection.retries.name,
        DeliverySection.retries.format,
        default: .array(defaults.retries.map { .string($0.jobText) }),
        DeliverySection.retries.about
    )

    static let keys = [
        maxInFlight.description, DeliverySection.rate.description, timeout.description, deadline.description,
        retries.description, DeliverySection.retryOn.description,
    ]

    static let format = Format<DeliverySettings>.section("the delivery's settings", keys: keys, mayBeEmpty: true) {
        section,
        reading in
        var settings = defaults
        settings.maxInFlight = section.value(maxInFlight, &reading) ?? settings.maxInFlight
        settings.ratePerSecond = section.value(DeliverySection.rate, &reading)
        settings.timeout = section.value(timeout, &reading) ?? settings.timeout
        settings.deadline = section.value(deadline, &reading) ?? settings.deadline
        settings.retries = section.value(retries, &reading) ?? settings.retries
        settings.retryOn = section.value(DeliverySection.retryOn, &reading).map { Set($0) }
        for problem in settings.problems {
            reading.descend(.key(problem.key)) {
                $0.report(
                    .badValue,
                    at: section.has(deadline) ? section.place(deadline) : section.place(retries),
                    "`\($0.path.dotted)`: \(problem.seen) is not accepted",
                    accepted: problem.accepted
                )
            }
        }
        return settings
    }
}
