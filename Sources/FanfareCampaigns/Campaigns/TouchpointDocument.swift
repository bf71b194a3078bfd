package import FanfareJob

/// What a touchpoint with a webhook sends, to whom and how fast: sections of a job file, kept as they were given, in the
/// order in which they were.
///
/// It may hold secrets: it is stored sealed as a whole, prints nothing of itself, and is shown by ``shown`` alone.
public struct TouchpointDocument: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    /// The sections of a job file that one has, and what of them is the touchpoint's or the campaign's own.
    package enum Section: String, Sendable, CaseIterable {
        case webhook, audience, schedule, delivery, notify
        case publicURL = "public_url"

        /// Keys of the job file's section that this one has not, with why.
        fileprivate var refused: [String: String] {
            switch self {
            case .audience:
                [
                    "name": "the audience is the campaign's",
                    "import": "the contacts are those of the campaign's audience",
                    "columns": "the contacts are those of the campaign's audience",
                ]
            case .schedule:
                [
                    "at": "it stands beside the sections: `at`",
                    "time_zone": "it stands beside the sections: `time_zone`",
                ]
            case .notify: ["command": "a touchpoint starts no program; a job file may"]
            case .webhook, .delivery, .publicURL: [:]
            }
        }
    }

    private var sections: [Section: JSONValue] = [:]

    /// An empty one.
    public init() {}

    /// A section as it was given; nil: it is not there.
    package subscript(section: Section) -> JSONValue? {
        get { sections[section] }
        set { sections[section] = newValue == .null ? nil : newValue }
    }

    /// By which rule the touchpoint comes again (RRULE); nil: it goes once.
    package var rule: String? {
        guard case .string(let rule)? = sections[.schedule]?["repeat"] else { return nil }
        return rule
    }

    /// Whether each contact gets it when clocks in its own zone show the time.
    package var goesByLocalTime: Bool { sections[.schedule]?["local_time"] != nil }

    /// What is wrong with it before any audience is known: keys that are not its own.
    package var refusals: [CampaignError.Field] {
        foreignKeys + passwordInURL
    }

    /// A password in a URL would be shown with it.
    private var passwordInURL: [CampaignError.Field] {
        guard case .string(let url)? = sections[.webhook]?["url"], let scheme = url.firstRange(of: "://") else {
            return []
        }
        let authority = url[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard authority.contains("@") else { return [] }
        return [.init("webhook.url", "a user and a password are not accepted here: write them as `webhook.auth`")]
    }

    private var foreignKeys: [CampaignError.Field] {
        Section.allCases.flatMap { section -> [CampaignError.Field] in
            guard case .object(let members)? = sections[section] else { return [] }
            return members.compactMap { member in
                section.refused[member.key].map { .init("\(section.rawValue).\(member.key)", "not accepted: \($0)") }
            }
        }
    }

    // MARK: Its text

    /// It as an object.
    var value: JSONValue {
        .object(Section.allCases.compactMap { name in sections[name].map { .init(key: name.rawValue, value: $0) } })
    }

    /// - Parameter value: What ``value`` was.
    init(_ value: JSONValue) {
        for section in Section.allCases { self[section] = value[section.rawValue] }
    }

    /// Shows nothing.
    public var description: String { "[touchpoint document]" }
    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
