import FanfareAudience
import FanfareDelivery
import FanfarePayload

/// The top of a job file.
enum JobSection {
    static let version = Key<Int>("fanfare", .version, default: 1, "The version of this format.")
    static let name = Key<String>(
        "name",
        .jobName,
        required: true,
        "The identity of the fan-out: unique and stable."
    )
    static let audience = Key<JobAudience>("audience", AudienceSection.format, required: true, "Whom it goes to.")
    static let webhook = Key<WebhookDefinition>(
        "webhook",
        WebhookSection.format,
        required: true,
        "Where it goes and what it carries."
    )
    static let schedule = Key<Schedule>("schedule", ScheduleSection.format, "When it goes.")
    static let delivery = Key<DeliverySettings>(
        "delivery",
        DeliverySection.format,
        "How fast it goes, how it is repeated and given up."
    )
    static let notify = Key<JobNotify>("notify", NotifySection.format, "Who is told how the fan-out fares.")
    static let publicURL = Key<PublicURL>(
        "public_url",
        .publicURL,
        "Where the hosted pages of `fanfare serve` are reached from outside; links to them need it."
    )

    static let keys = [
        version.description, name.description, audience.description, webhook.description, schedule.description,
        delivery.description, notify.description, publicURL.description,
    ]

    static let format = Format<JobFile>.section("a job", keys: keys) { section, reading in
        // There is only one: what is read of it is whether it is the right one.
        _ = section.value(Self.version, &reading)
        let name = section.value(Self.name, &reading)
        let audience = section.value(Self.audience, &reading)
        let webhook = section.value(Self.webhook, &reading)
        let machine = Schedule(timeZone: ScheduleSection.machineTimeZone(reading.variable("TZ")))
        let schedule = section.value(Self.schedule, &reading) ?? machine
        let delivery = section.value(Self.delivery, &reading) ?? DeliverySettings()
        let notify = section.value(Self.notify, &reading)
        let publicURL = section.value(Self.publicURL, &reading)
        guard let name, let audience, let webhook else { return nil }
        return JobFile(
            name: name,
            audience: audience,
            webhook: webhook,
            schedule: schedule,
            delivery: delivery,
            notify: notify,
            publicURL: publicURL
        )
    }
}

extension Format where Value == Int {
    /// The number of a format of which there is one version.
    static var version: Format {
        Format(accepted: "1", schema: .object(["const": 1])) { node, reading in
            guard case .scalar(let scalar) = node.content, scalar.resolved == .number("1") else {
                reading.reportValue(node, accepted: "1, the only version of this format")
                return nil
            }
            return 1
        }
    }
}

extension Format where Value == PublicURL {
    /// Where hosted pages are reached.
    fileprivate static var publicURL: Format {
        .text(PublicURL.accepted, pattern: "^[Hh][Tt][Tt][Pp][Ss]?://[^/?#@\\s]+(/[^?#@\\s]*)?$", length: 8...500) {
            PublicURL($0)
        }
    }
}

extension Format where Value == String {
    /// A fan-out's name.
    fileprivate static var jobName: Format {
        .text(JobName.accepted, pattern: #"^[^\s/]([^/]*[^\s/])?$"#, length: JobName.length) { name in
            JobName.accepts(name) ? name : nil
        }
    }
}
