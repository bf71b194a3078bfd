import FanfareAudience

/// The top of a journey's document.
enum JourneySection {
    static let version = Key<Int>("journey", .version, default: 1, "The version of this format.")
    static let name = Key<String>("name", .text("a name", length: 1...100), required: true, "What people call it.")
    static let reentry = Key<JourneyMap.Reentry>(
        "reentry",
        .word(),
        default: "never",
        "Whether a contact that has begun may begin once more: never, after it has left, or always, also while it is "
            + "inside."
    )
    static let timeZone = Key<String>(
        "time_zone",
        .timeZone,
        "The IANA name of the time zone of its dates and times. Without it: the machine's."
    )
    static let statuses = Key<[ContactStatus]>(
        "statuses",
        AudienceSection.statuses.format,
        default: ["subscribed"],
        "Only contacts with one of these statuses begin, and are sent webhooks."
    )
    static let start = Key<[StartingPoint]>(
        "start",
        list(of: StartingPointSection.format, "a list of starting points", count: 1...JourneyMap.mostStartingPoints),
        required: true,
        "Where contacts begin."
    )
    static let points = Key<[JourneyPoint]>(
        "points",
        list(of: JourneyPointSection.format, "a list of points", count: 0...JourneyMap.mostPoints),
        default: [],
        "What happens to them."
    )

    static let keys = [
        version.description, name.description, reentry.description, timeZone.description, statuses.description,
        start.description, points.description,
    ]

    static let format = Format<JourneyMap>.section("a journey", keys: keys) { section, reading in
        // There is only one: what is read of it is whether it is the right one.
        _ = section.value(version, &reading)
        let name = section.value(name, &reading)
        let reentry = section.value(reentry, &reading) ?? .never
        let zone = section.value(timeZone, &reading) ?? ScheduleSection.machineTimeZone(reading.variable("TZ"))
        let statuses = section.value(statuses, &reading) ?? [.subscribed]
        let start = section.value(start, &reading)
        let points = section.value(points, &reading)
        let outline = JourneyOutline(start: section.node(Self.start), points: section.node(Self.points))
        reading.add(JourneyCheck.problems(of: outline))
        guard let name, let start else { return nil }
        return JourneyMap(
            name: name,
            reentry: reentry,
            timeZone: zone,
            statuses: Set(statuses),
            start: start,
            points: points ?? []
        )
    }

    /// A segment as a whole, which the schema holds once.
    static let segment = Format<RecipientSelection.Part>(
        accepted: written.accepted,
        schema: .object(["$ref": "#/$defs/segment"]),
        read: written.read
    )

    private static let written = SegmentSection.format()

    /// What `$ref: "#/$defs/segment"` means.
    static let segmentDefinition = written.schema
}

/// The keys of a starting point.
enum StartingPointSection {
    static let segment = Key<RecipientSelection.Part>(
        "segment",
        JourneySection.segment,
        "Only contacts of this segment begin: its conditions, or the name of a saved one. Without it: everyone."
    )
    static let next = Key<String>("next", .pointID, required: true, "The first point.")

    static let format = Format<StartingPoint>.variants(
        "a starting point",
        first: [JourneyPointSection.id.description],
        last: [segment.description, next.description],
        JourneyTriggerSection.all
    ) { section, trigger, reading in
        let id = section.value(JourneyPointSection.id, &reading)
        let part = section.value(segment, &reading) ?? .everyone
        guard let next = section.value(next, &reading), let id, let trigger else { return nil }
        return StartingPoint(id: id, trigger: trigger, part: part, next: next)
    }
}
