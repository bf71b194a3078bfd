import FanfareAudience

/// What has a contact begin a journey, or ends its wait: the keys of each kind.
enum JourneyTriggerSection {
    /// The words of `type`.
    enum Kind: String, Sendable, CaseIterable {
        case tagAdded = "tag_added"
        case signsUp = "signs_up"
        case joinsGroup = "joins_group"
        case leavesGroup = "leaves_group"
        case fieldChanges = "field_changes"
        case birthday
        case recurringDate = "recurring_date"
        case specificDate = "specific_date"
        case event, api, manual

        /// What a contact may wait for: what happens to it, and is told of it alone.
        static let ofWaits: [Kind] = [.tagAdded, .joinsGroup, .leavesGroup, .fieldChanges, .event]
    }

    static let tag = Key<String>("tag", AudienceSection.tag.format, required: true, "The tag's name.")
    static let imports = Key<Bool>(
        "imports",
        .truth,
        default: false,
        "Whether contacts count that an import makes subscribers."
    )
    static let category = Key<String>(
        "category",
        .text("the name of a group category", length: 1...255),
        required: true,
        "The name of the group's category."
    )
    static let group = Key<String>(
        "group",
        .text("the name of a group", length: 1...255),
        required: true,
        "The group's name."
    )
    static let field = Key<String>("field", .mergeTag, required: true, "The merge field's tag.")
    static let value = Key<String>(
        "to",
        .fieldValue(length: 1...10_000),
        "The value that it changes to. Without it: any."
    )
    static let at = Key<Int>(
        "at",
        WindowSection.from.format,
        default: "09:00",
        "The time of day, as a clock in time_zone shows it."
    )
    /// What `at` is by default, in minutes.
    static let morning = 9 * 60
    static let date = Key<Schedule.LocalTime>(
        "date",
        ScheduleSection.at.format,
        required: true,
        "The date and time, as a clock in time_zone shows it."
    )
    static let event = Key<String>(
        "event",
        .text(
            "an event's name: 2 … 30 letters, digits, _ and -",
            pattern: "^[A-Za-z0-9_-]{2,30}$",
            length: 2...30
        ) { $0.isPlainWord ? $0 : nil },
        required: true,
        "The name of an event that programs tell of a contact."
    )

    /// All kinds.
    static let all = Kind.allCases.map(variant)
    /// What ends a wait.
    static let ofWaits = Kind.ofWaits.map(variant)

    /// What a point waits for.
    static let waited = Format<JourneyTrigger>.variants("something that happens to a contact", ofWaits) { _, kind, _ in
        kind
    }

    private static func variant(_ kind: Kind) -> Variant<JourneyTrigger> {
        switch kind {
        case .tagAdded:
            variant(kind, "A tag is put on.", tag.description) { $0.value(tag, &$1).map { .tagAdded($0) } }
        case .signsUp:
            variant(kind, "It becomes a subscriber.", imports.description) {
                .signsUp(includesImports: $0.value(imports, &$1) ?? false)
            }
        case .joinsGroup:
            variant(kind, "It joins a group.", category.description, group.description) {
                named($0, &$1).map { .joinsGroup($0) }
            }
        case .leavesGroup:
            variant(kind, "It leaves a group.", category.description, group.description) {
                named($0, &$1).map { .leavesGroup($0) }
            }
        case .fieldChanges:
            variant(kind, "A merge field of its changes.", field.description, value.description) {
                section,
                reading in
                let value = section.value(value, &reading)
                return section.value(field, &reading).map { .fieldChanges(tag: $0, value: value) }
            }
        case .birthday:
            variant(kind, "Each year, on its birthday.", field.description, at.description) {
                yearly($0, &$1).map { .birthday(tag: $0, minute: $1) }
            }
        case .recurringDate:
            variant(kind, "Each year, on the day of a date field.", field.description, at.description) {
                yearly($0, &$1).map { .recurringDate(tag: $0, minute: $1) }
            }
        case .specificDate:
            variant(kind, "Once, for everyone.", date.description) { $0.value(date, &$1).map { .specificDate($0) } }
        case .event:
            variant(kind, "A program tells an event of it.", event.description) {
                $0.value(event, &$1).map { .event($0) }
            }
        case .api: variant(kind, "A program has it begin.") { _, _ in .api }
        case .manual: variant(kind, "Somebody of the team has it begin.") { _, _ in .manual }
        }
    }

    private static func variant(
        _ kind: Kind,
        _ about: String,
        _ keys: KeyDescription...,
        make: @escaping @Sendable (SectionMembers, inout Reading) -> JourneyTrigger?
    ) -> Variant<JourneyTrigger> {
        Variant(kind.rawValue, about, keys: keys, make: make)
    }

    /// A group of a category.
    static func named(_ section: SectionMembers, _ reading: inout Reading) -> JourneyGroup? {
        let category = section.value(category, &reading)
        guard let group = section.value(group, &reading), let category else { return nil }
        return JourneyGroup(category: category, name: group)
    }

    private static func yearly(
        _ section: SectionMembers,
        _ reading: inout Reading
    ) -> (tag: String, minute: Int)? {
        let minute = section.value(at, &reading) ?? morning
        return section.value(field, &reading).map { ($0, minute) }
    }
}
