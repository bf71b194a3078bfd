public import FanfareAudience
public import FanfareDelivery

/// What a customer journey is: where contacts begin, and what happens to them from point to point.
///
/// Every point is told from the others of the map by its id, which stays what it is over the versions of the map: by
/// it contacts that are on their way keep their place.
public struct JourneyMap: Sendable, Hashable {
    /// Whether a contact that has been inside may begin once more.
    public enum Reentry: String, Sendable, Hashable, CaseIterable {
        /// Once in the journey's life.
        case never
        /// When it has left.
        case afterLeaving = "after_leaving"
        /// At any time, also while it is inside: each entry goes its own way.
        case always
    }

    /// Most starting points of a map (Mailchimp's limit).
    public static let mostStartingPoints = 3
    /// Most points that wait for a trigger (Mailchimp's limit).
    public static let mostWaits = 10
    /// Most points of a map.
    public static let mostPoints = 500

    /// For people.
    public var name: String
    /// Whether a contact may begin once more.
    public var reentry: Reentry
    /// The IANA name of the zone of its dates and times of day.
    public var timeZone: String
    /// Who may begin, and is sent webhooks; others pass a webhook's point unsent.
    public var statuses: Set<ContactStatus>
    /// Where contacts begin; 1 … ``mostStartingPoints``.
    public var start: [StartingPoint]
    /// What happens to them.
    public var points: [JourneyPoint]

    /// - Parameters: see the properties of the same names.
    public init(
        name: String,
        reentry: Reentry = .never,
        timeZone: String = "UTC",
        statuses: Set<ContactStatus> = [.subscribed],
        start: [StartingPoint],
        points: [JourneyPoint]
    ) {
        self.name = name
        self.reentry = reentry
        self.timeZone = timeZone
        self.statuses = statuses
        self.start = start
        self.points = points
    }
}

/// Where contacts begin a journey.
public struct StartingPoint: Sendable, Hashable {
    /// 1 … 40 lower-case letters, digits, `_` and `-`, unlike that of every other point of the map.
    public var id: String
    /// What has a contact begin.
    public var trigger: JourneyTrigger
    /// Of whom; everyone, unless given.
    public var part: RecipientSelection.Part
    /// The first point.
    public var next: String

    /// - Parameters: see the properties of the same names.
    public init(id: String, trigger: JourneyTrigger, part: RecipientSelection.Part = .everyone, next: String) {
        (self.id, self.trigger, self.part, self.next) = (id, trigger, part, next)
    }
}

/// A group of a category, by their names.
public struct JourneyGroup: Sendable, Hashable {
    /// The category's name.
    public var category: String
    /// The group's.
    public var name: String

    /// - Parameters: see the properties of the same names.
    public init(category: String, name: String) { (self.category, self.name) = (category, name) }
}

/// Something that happens to a contact.
public enum JourneyTrigger: Sendable, Hashable {
    /// A tag is put on.
    case tagAdded(String)
    /// It becomes subscribed; by an import only where that is included.
    case signsUp(includesImports: Bool)
    /// It joins a group.
    case joinsGroup(JourneyGroup)
    /// It leaves a group.
    case leavesGroup(JourneyGroup)
    /// A field of its changes: to a value, or to any when nil.
    case fieldChanges(tag: String, value: String?)
    /// Each year, on its birthday: a field of the type birthday. At a minute of the day.
    case birthday(tag: String, minute: Int)
    /// Each year, on the day and month of a date field. At a minute of the day.
    case recurringDate(tag: String, minute: Int)
    /// Once, for everyone it is about.
    case specificDate(Schedule.LocalTime)
    /// A program tells an event of that name.
    case event(String)
    /// A program says so, over Mailchimp's endpoint for it.
    case api
    /// Somebody of the team says so.
    case manual

    /// Whether it is a day, and not something that is told of a contact.
    public var isDate: Bool {
        switch self {
        case .birthday, .recurringDate, .specificDate: true
        default: false
        }
    }
}

/// One point of a journey after its start.
public struct JourneyPoint: Sendable, Hashable {
    /// 1 … 40 lower-case letters, digits, `_` and `-`.
    public var id: String
    /// For people; nil: what it does says enough.
    public var name: String?
    /// What happens there.
    public var step: JourneyStep

    /// - Parameters: see the properties of the same names.
    public init(id: String, name: String? = nil, step: JourneyStep) {
        (self.id, self.name, self.step) = (id, name, step)
    }
}

/// What happens to a contact at a point, and where it goes then; nil: it leaves.
public enum JourneyStep: Sendable, Hashable {
    /// Whether it is one of some contacts.
    case condition(RecipientSelection.Part, then: String?, otherwise: String?)
    /// So many of a hundred go the first way, always the same contacts.
    case split(percent: Double, first: String?, second: String?)
    /// It waits for a time.
    case delay(JourneyDelay, next: String?)
    /// It waits until something happens to it, at most so many seconds; nil: without an end.
    case wait(JourneyTrigger, seconds: Int64?, then: String?, otherwise: String?)
    /// A webhook is sent. Indirect, as it is large: steps are copied for each contact that comes by.
    indirect case webhook(JourneyWebhook, next: String?)
    /// A tag is put on, or taken off.
    case tag(String, isAdded: Bool, next: String?)
    /// A field is given a value; the empty text clears it.
    case field(tag: String, value: String, next: String?)
    /// It joins or leaves a group.
    case group(JourneyGroup, joins: Bool, next: String?)
    /// It is unsubscribed.
    case unsubscribe(next: String?)
    /// It is archived.
    case archive(next: String?)

    /// Where contacts may go from here, one for each way; nil: out of the journey.
    public var ways: [String?] {
        switch self {
        case .condition(_, let then, let otherwise), .wait(_, _, let then, let otherwise): [then, otherwise]
        case .split(_, let first, let second): [first, second]
        case .delay(_, let next), .webhook(_, let next), .tag(_, _, let next), .field(_, _, let next),
            .group(_, _, let next), .unsubscribe(let next), .archive(let next):
            [next]
        }
    }
}

/// How long a contact waits.
public enum JourneyDelay: Sendable, Hashable {
    /// So many seconds.
    case seconds(Int64)
    /// Until a time; not at all when that is past.
    case until(Schedule.LocalTime)
    /// Until a day of the week and a minute of it; the next week's when it is past.
    case day(Set<SendWindow.Day>, minute: Int)
}
