import FanfareAudience
import FanfareDelivery

/// What happens at a point of a journey: the keys of each kind.
enum JourneyPointSection {
    /// The words of `type`.
    enum Kind: String, Sendable, CaseIterable {
        case condition = "if"
        case split, delay, wait, webhook
        case addTag = "add_tag"
        case removeTag = "remove_tag"
        case updateField = "update_field"
        case joinGroup = "join_group"
        case leaveGroup = "leave_group"
        case unsubscribe, archive
    }

    static let id = Key<String>("id", .pointID, required: true, "Tells it from all others of the journey.")
    static let name = Key<String>("name", .text("a name", length: 1...200), "What people call it.")

    // The ways out of a point: where contacts go from here.
    static let next = way("next", "The point after it.")
    static let then = way("then", "Where contacts go that meet it.")
    static let otherwise = way("else", "Where the others go.")
    static let first = way("first", "Where so many of a hundred go.")
    static let second = way("second", "Where the others go.")
    static let timedOut = way("else", "Where those go for whom the limit has passed.")
    /// The names of all of them.
    static let ways = [next, then, otherwise, first, second].map(\.name)

    static let segment = Key<RecipientSelection.Part>(
        "segment",
        JourneySection.segment,
        "Asks whether a contact is of this segment: its conditions, or the name of a saved one."
    )
    static let tag = Key<String>("tag", AudienceSection.tag.format, "Asks whether a contact has this tag.")
    static let percent = Key<Double>(
        "percent",
        .shareOfHundred,
        required: true,
        "How many of a hundred go the first way, always the same contacts."
    )
    static let length = Key<Int64>("for", .wholeSeconds, "How long a contact stays.")
    static let until = Key<Schedule.LocalTime>(
        "until",
        ScheduleSection.at.format,
        "Until when a contact stays, as a clock in time_zone shows it; not at all when that is past."
    )
    static let days = Key<[SendWindow.Day]>(
        "on",
        oneOrMore(.word(), atMost: 7),
        "On which day of the week a contact goes on; the next one of these, when the time of today's is past."
    )
    static let trigger = Key<JourneyTrigger>(
        "until",
        JourneyTriggerSection.waited,
        required: true,
        "What a contact waits for."
    )
    static let limit = Key<Int64>("limit", .wholeSeconds, "How long at most. Without it: as long as it takes.")
    static let fieldValue = Key<String>(
        "value",
        .fieldValue(length: 0...10_000),
        required: true,
        "The value that it is given; the empty text clears it."
    )

    static let format = Format<JourneyPoint>.variants(
        "a point",
        first: [id.description, name.description],
        Kind.allCases.map(variant)
    ) { section, step, reading in
        let name = section.value(name, &reading)
        guard let id = section.value(id, &reading), let step else { return nil }
        return JourneyPoint(id: id, name: name, step: step)
    }

    private static func way(_ name: String, _ about: String) -> Key<String?> {
        Key(name, .way, default: .null, about + " Null: they leave the journey.")
    }
}

// MARK: Kinds

extension JourneyPointSection {
    private static func variant(_ kind: Kind) -> Variant<JourneyStep> {
        switch kind {
        case .condition: condition
        case .split: split
        case .delay: delay
        case .wait: wait
        case .webhook:
            action(kind, "A webhook is sent.", JourneyWebhookSection.keys) { section, next, reading in
                JourneyWebhookSection.read(section, &reading).map { .webhook($0, next: next) }
            }
        case .addTag, .removeTag:
            action(
                kind,
                kind == .addTag ? "A tag is put on." : "A tag is taken off.",
                [JourneyTriggerSection.tag.description]
            ) { section, next, reading in
                section.value(JourneyTriggerSection.tag, &reading).map {
                    .tag($0, isAdded: kind == .addTag, next: next)
                }
            }
        case .updateField:
            action(
                kind,
                "A merge field is given a value.",
                [JourneyTriggerSection.field.description, fieldValue.description]
            ) { section, next, reading in
                let value = section.value(fieldValue, &reading)
                guard let field = section.value(JourneyTriggerSection.field, &reading), let value else { return nil }
                return .field(tag: field, value: value, next: next)
            }
        case .joinGroup, .leaveGroup:
            action(
                kind,
                kind == .joinGroup ? "It joins a group." : "It leaves a group.",
                [JourneyTriggerSection.category.description, JourneyTriggerSection.group.description]
            ) { section, next, reading in
                JourneyTriggerSection.named(section, &reading).map {
                    .group($0, joins: kind == .joinGroup, next: next)
                }
            }
        case .unsubscribe:
            action(kind, "It is unsubscribed.", []) { _, next, _ in .unsubscribe(next: next) }
        case .archive:
            action(kind, "It is archived.", []) { _, next, _ in .archive(next: next) }
        }
    }

    /// Something that is done, and one way on.
    private static func action(
        _ kind: Kind,
        _ about: String,
        _ keys: [KeyDescription],
        make: @escaping @Sendable (SectionMembers, String?, inout Reading) -> JourneyStep?
    ) -> Variant<JourneyStep> {
        Variant(kind.rawValue, about, keys: keys + [next.description]) { section, reading in
            let next = section.value(next, &reading) ?? nil
            return make(section, next, &reading)
        }
    }

    private static let condition = Variant<JourneyStep>(
        Kind.condition.rawValue,
        "Contacts go one way or the other.",
        keys: [segment.description, tag.description, then.description, otherwise.description],
        rules: ["oneOf": [required(segment.name), required(tag.name)]]
    ) { section, reading in
        let segment = section.value(segment, &reading)
        let tag = section.value(tag, &reading)
        let then = section.value(then, &reading) ?? nil
        let otherwise = section.value(otherwise, &reading) ?? nil
        guard requireOne(of: [Self.segment.name, Self.tag.name], section, &reading) else { return nil }
        guard let part = segment ?? tag.map({ .tag($0) }) else { return nil }
        return .condition(part, then: then, otherwise: otherwise)
    }

    private static let split = Variant<JourneyStep>(
        Kind.split.rawValue,
        "Contacts go one way or the other by chance.",
        keys: [percent.description, first.description, second.description]
    ) { section, reading in
        let first = section.value(first, &reading) ?? nil
        let second = section.value(second, &reading) ?? nil
        return section.value(percent, &reading).map { .split(percent: $0, first: first, second: second) }
    }

    private static let delay = Variant<JourneyStep>(
        Kind.delay.rawValue,
        "A contact stays for a while.",
        keys: [
            length.description, until.description, days.description, JourneyTriggerSection.at.description,
            next.description,
        ],
        rules: [
            "oneOf": [required(length.name), required(until.name), required(days.name)],
            "dependentRequired": .object([JourneyTriggerSection.at.name: [.string(days.name)]]),
        ]
    ) { section, reading in
        let seconds = section.value(length, &reading)
        let time = section.value(until, &reading)
        let days = section.value(days, &reading)
        let minute = section.value(JourneyTriggerSection.at, &reading) ?? JourneyTriggerSection.morning
        let next = section.value(next, &reading) ?? nil
        if section.has(JourneyTriggerSection.at), !section.has(Self.days) {
            reading.report(
                .conflict,
                at: section.place(JourneyTriggerSection.at),
                "`\(reading.path.dotted).at` is the time of a day, and there is no `on`"
            )
        }
        guard requireOne(of: [length.name, until.name, Self.days.name], section, &reading) else { return nil }
        if let seconds { return .delay(.seconds(seconds), next: next) }
        if let time { return .delay(.until(time), next: next) }
        return days.map { .delay(.day(Set($0), minute: minute), next: next) }
    }

    private static let wait = Variant<JourneyStep>(
        Kind.wait.rawValue,
        "A contact stays until something happens to it.",
        keys: [trigger.description, limit.description, then.description, timedOut.description],
        rules: ["dependentRequired": .object([timedOut.name: [.string(limit.name)]])]
    ) { section, reading in
        let seconds = section.value(limit, &reading)
        let then = section.value(then, &reading) ?? nil
        let otherwise = section.value(timedOut, &reading) ?? nil
        if section.has(timedOut), !section.has(limit) {
            reading.report(
                .conflict,
                at: section.place(timedOut),
                "`\(reading.path.dotted).else` is where contacts go when a limit has passed, and there is no `limit`"
            )
        }
        return section.value(trigger, &reading).map {
            .wait($0, seconds: seconds, then: then, otherwise: otherwise)
        }
    }

    private static func required(_ name: String) -> JSONValue { .object(["required": [.string(name)]]) }

    /// Whether exactly one of some keys was written; says so when not.
    private static func requireOne(
        of names: [String],
        _ section: SectionMembers,
        _ reading: inout Reading
    ) -> Bool {
        let written = names.filter { section.has($0) }
        guard written.count != 1 else { return true }
        let all = names.dropLast().joined(separator: ", ") + " or " + (names.last ?? "")
        reading.report(
            written.isEmpty ? .missingKey : .conflict,
            at: section.place,
            written.isEmpty
                ? "`\(reading.path.dotted)` has none of \(names.joined(separator: ", "))"
                : "`\(reading.path.dotted)` has both \(written.joined(separator: " and "))",
            accepted: "one of \(all)"
        )
        return false
    }
}
