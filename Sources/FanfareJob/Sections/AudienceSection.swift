import FanfareAudience
import FanfarePayload

/// The keys of `audience`.
enum AudienceSection {
    static let file = Key<String>(
        "import",
        .text("the path of a contact file", length: 1...4000),
        "A file of contacts: CSV, JSON Lines (.jsonl) or the zip of a Mailchimp export; relative to the job's folder."
    )
    static let name = Key<String>(
        "name",
        .text("the name of an audience", length: 1...100),
        "A stored audience; together with import, the one the file is imported into."
    )
    static let columns = Key<[JobAudience.Column]>(
        "columns",
        ColumnSection.mapping,
        "What columns of the file become: header to merge tag. Columns that are not named follow their header."
    )
    static let tag = Key<String>(
        "tag",
        .text("the name of a tag", length: 1...100),
        "Only contacts with this tag receive."
    )
    static let segment = Key<RecipientSelection.Part>(
        "segment",
        SegmentSection.format(),
        "Only contacts of this segment receive: its conditions, or the name of a saved one."
    )
    static let statuses = Key<[ContactStatus]>(
        "statuses",
        list(of: .word(), "a list of statuses such as [subscribed]", count: 1...7),
        default: ["subscribed"],
        "Only contacts with one of these statuses receive."
    )

    static let holdout = Key<JobAudience.Holdout>(
        "holdout",
        HoldoutSection.format,
        "A share of them that nothing is sent to, to compare with; listed as skipped. Without it: nobody."
    )

    static let keys = [
        file.description, name.description, columns.description, tag.description, segment.description,
        statuses.description, holdout.description,
    ]

    static let format = Format<JobAudience>.section(
        "the audience",
        keys: keys,
        rules: [
            "anyOf": [.object(["required": ["import"]]), .object(["required": ["name"]])],
            "not": .object(["required": ["tag", "segment"]]),
            "dependentRequired": .object(["columns": ["import"]]),
        ]
    ) { section, reading in
        checkConflicts(section, &reading)
        let path = section.value(Self.file, &reading)
        let columns = section.value(Self.columns, &reading)
        let name = section.value(Self.name, &reading)
        let tag = section.value(Self.tag, &reading)
        let segment = section.value(Self.segment, &reading)
        let statuses = section.value(Self.statuses, &reading)
        let part = segment ?? tag.map { .tag($0) } ?? .everyone
        let selection = RecipientSelection(part, statuses: statuses.map { Set($0) } ?? [.subscribed])
        let file = path.flatMap { readable($0, columns ?? [], place: section.place(Self.file), &reading) }
        let holdout = section.value(Self.holdout, &reading)
        return JobAudience(file: file, name: name, selection: selection, holdout: holdout)
    }

    private static func checkConflicts(_ section: SectionMembers, _ reading: inout Reading) {
        let path = reading.path.dotted
        if !section.has(Self.file), !section.has(Self.name) {
            reading.report(
                .missingKey,
                at: section.place,
                "`\(path)` does not say where its contacts come from",
                accepted: "import: a contact file, or name: a stored audience"
            )
        }
        if section.has(Self.tag), section.has(Self.segment) {
            reading.report(
                .conflict,
                at: max(section.place(Self.tag), section.place(Self.segment)),
                "`\(path)` has both a tag and a segment",
                suggestion: "keep one; a segment's condition of type StaticSegment asks for a tag"
            )
        }
        if section.has(Self.columns), !section.has(Self.file) {
            reading.report(
                .conflict,
                at: section.place(Self.columns),
                "`\(path).columns` is for an imported file, and there is no `import`"
            )
        }
    }

    private static func readable(
        _ path: String,
        _ columns: [JobAudience.Column],
        place: Place,
        _ reading: inout Reading
    ) -> JobAudience.Import? {
        let resolved = FileContents.resolve(path, in: reading.folder)
        if !reading.isStored, let fault = FileContents.fault(ofFile: resolved) {
            reading.descend(.key(file.name)) {
                $0.report(.unreadableFile, at: place, "the contact file \(resolved.shownPath): \(fault.reason)")
            }
            return nil
        }
        return JobAudience.Import(path: path, resolvedPath: resolved, columns: columns)
    }
}

/// The keys of `audience.holdout`.
enum HoldoutSection {
    static let share = Key<Double>("share", .percent, required: true, "How many of them.")
    static let name = Key<String>(
        "name",
        .text("a name", length: 1...100),
        "Jobs that leave out the same share under one name leave out the same contacts. Without it: the job's name."
    )

    static let keys = [share.description, name.description]

    static let format = Format<JobAudience.Holdout>.section("a holdout", keys: keys) { section, reading in
        let name = section.value(Self.name, &reading)
        return section.value(Self.share, &reading).map { JobAudience.Holdout(share: $0, name: name) }
    }
}
