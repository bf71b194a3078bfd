package import FanfareJob

/// What is to be changed of a touchpoint; what is nil stays as it is.
public struct TouchpointEdit: Sendable {
    /// Its name.
    public var name: String?
    /// Its notes.
    public var notes: String?
    /// Over what a note's message is sent.
    public var channel: Touchpoint.Channel?
    /// Its time on the wall; nil within: it has none any more.
    public var at: String??
    /// The IANA name of its time zone.
    public var timeZone: String?
    /// How long an event takes; nil within: not said any more.
    public var minutes: Int??
    /// Where people put it by hand.
    public var state: Touchpoint.State?
    /// Sections of a webhook's document, each as a whole; null takes one away.
    package var sections: [TouchpointDocument.Section: JSONValue] = [:]

    /// Nothing.
    public init() {}

    /// The touchpoint as it would be.
    ///
    /// - Parameters:
    ///   - touchpoint: As it is.
    ///   - author: Whose change it is.
    /// - Throws: ``CampaignError`` with `invalid`, and all that is not accepted.
    public func applied(to touchpoint: Touchpoint, by author: Author) throws(CampaignError) -> Touchpoint {
        var (edited, fields) = (touchpoint, unfit(for: touchpoint.kind))
        if let name { edited.name = name }
        if let notes { edited.notes = notes }
        if let channel { edited.channel = channel }
        if let minutes { edited.minutes = minutes }
        if let timeZone {
            edited.timeZone = timeZone
            if !Schedule.isZone(timeZone) {
                fields.append(
                    .init("time_zone", "the IANA name of a time zone such as Europe/Paris or UTC is accepted")
                )
            }
        }
        if let at {
            let time = at.flatMap { Schedule.LocalTime($0) }
            edited.at = time?.text
            if at != nil, time == nil {
                fields.append(.init("at", "a local date and time such as 2026-12-01 09:00 is accepted"))
            }
        }
        if touchpoint.kind == .note, edited.channel == nil { edited.channel = .other }
        if fields.isEmpty, touchpoint.kind == .webhook, edited.document != nil || !sections.isEmpty {
            var document = edited.document ?? TouchpointDocument()
            for (section, value) in sections { document[section] = value }
            edited.document = document
            fields = faults(in: document, of: edited, author)
        }
        if !fields.isEmpty { throw .invalid(fields) }
        return edited
    }

    /// What a touchpoint of a kind does not have.
    private func unfit(for kind: Touchpoint.Kind) -> [CampaignError.Field] {
        var fields: [CampaignError.Field] = []
        if channel != nil, kind != .note { fields.append(.init("channel", "only a note has a channel")) }
        if case .some(.some) = minutes, kind != .event { fields.append(.init("minutes", "only an event has a length")) }
        if let state, !kind.statesByHand.contains(state) {
            let accepted = kind.statesByHand.map(\.rawValue).joined(separator: ", ")
            let message =
                kind == .webhook
                ? "a webhook's state follows from what is done with it: schedule it, pause it, cancel it"
                : "\(state.rawValue) is none of: \(accepted)"
            fields.append(.init("state", message))
        }
        guard kind != .webhook else { return fields }
        return fields + sections.keys.map(\.rawValue).sorted().map { .init($0, "only a webhook has this section") }
    }

    private func faults(
        in document: TouchpointDocument,
        of touchpoint: Touchpoint,
        _ author: Author
    ) -> [CampaignError.Field] {
        // Nobody else is told what is on the machine. What somebody who may has written stays as it is.
        var given = TouchpointDocument()
        for (section, value) in sections { given[section] = value }
        let references = author.mayNameFiles ? [] : given.machineReferences
        guard references.isEmpty else {
            let message = "it names a file or a variable of the machine: that needs a key of the scope admin"
            return references.map { .init($0, message) }
        }
        return document.draftProblems(
            named: touchpoint.jobName ?? touchpoint.id,
            at: touchpoint.at,
            in: touchpoint.timeZone
        )
    }
}

extension Touchpoint {
    /// A new one of a campaign, where its kind begins; it has still to be given all but its name.
    ///
    /// - Parameters:
    ///   - kind: Its kind.
    ///   - name: Its name.
    ///   - campaign: The campaign.
    ///   - timeZone: The account's.
    ///   - id: Ten hexadecimal digits.
    ///   - now: Unix seconds.
    public init(
        _ kind: Kind,
        named name: String,
        of campaign: Campaign,
        in timeZone: String,
        id: String,
        now: Int64
    ) {
        self.init(
            id: id,
            campaign: campaign.id,
            kind: kind,
            name: name,
            timeZone: timeZone,
            jobName: kind == .webhook ? Self.jobName("\(campaign.name) - \(name)", id) : nil,
            created: now
        )
    }

    /// A name for its fan-outs that people can read, and that no other has.
    private static func jobName(_ text: String, _ id: String) -> String {
        let suffix = " (\(id))"
        let room = 100 - suffix.unicodeScalars.count
        let head = JobName.nearest(to: text).map { String($0.unicodeScalars.prefix(room)) } ?? ""
        // The cut may leave a blank at the end.
        return JobName.nearest(to: head).map { $0 + suffix } ?? "touchpoint\(suffix)"
    }
}
