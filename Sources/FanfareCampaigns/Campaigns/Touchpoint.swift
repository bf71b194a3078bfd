/// One planned contact of a campaign.
///
/// Only webhooks are sent. The others stand on the calendar beside them, so that a team sees what else its contacts get.
public struct Touchpoint: Sendable, Hashable {
    /// Most that a campaign has.
    public static let most = 1000
    /// Of a name, in characters.
    public static let nameLength = 1...100
    /// Of notes, in characters.
    public static let notesLength = 0...5000
    /// Minutes that an event may take: up to thirty days.
    public static let minutesRange = 1...43_200

    /// What kind of contact it is.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// One request for each contact, at a time.
        case webhook
        /// Work for somebody of the team.
        case task
        /// Something that happens, a fair or a sale.
        case event
        /// An e-mail or SMS that is sent elsewhere.
        case note
    }

    /// Over what is sent that a note tells of.
    public enum Channel: String, Sendable, Hashable, CaseIterable {
        case email, sms, other
    }

    /// Ten hexadecimal digits.
    public let id: String
    /// The campaign's id.
    public let campaign: String
    /// What kind of contact it is.
    public let kind: Kind
    /// For people; a webhook's fan-outs are named after it as it was when it was made.
    public var name: String
    /// For people; may be empty.
    public var notes = ""
    /// Over what a note's message is sent; nil for every other kind.
    public var channel: Channel?
    /// Its time as clocks of ``timeZone`` show it, `2026-12-01 09:00`; nil: not yet planned. The first, of a webhook that
    /// comes again.
    public var at: String?
    /// An IANA name.
    public var timeZone: String
    /// How long an event takes; nil: not said.
    public var minutes: Int?
    /// Where it stands.
    public internal(set) var state: State
    /// Why it stands there: of one that is held, missed or stopped, and of one that ended early.
    public package(set) var reason: String?
    /// What its fan-outs are called; nil unless it is a webhook.
    public let jobName: String?
    /// What is sent, to whom and how fast; it may hold secrets. Nil unless it is a webhook, and of one that was sealed with
    /// a key that is gone.
    public var document: TouchpointDocument?
    /// How often it was changed, its state not counted.
    public internal(set) var changes = 0
    /// Unix seconds.
    public let created: Int64
    /// Unix seconds of the last change, of its state too.
    public internal(set) var updated: Int64

    /// - Parameters: see the properties of the same names; it stands where its kind begins.
    public init(
        id: String,
        campaign: String,
        kind: Kind,
        name: String,
        timeZone: String,
        jobName: String?,
        created: Int64
    ) {
        (self.id, self.campaign, self.kind, self.name) = (id, campaign, kind, name)
        (self.timeZone, self.jobName, self.created, updated) = (timeZone, jobName, created, created)
        state = kind.firstState
        document = kind == .webhook ? TouchpointDocument() : nil
    }
}

/// One step of a touchpoint's life.
public struct TouchpointChange: Sendable, Hashable {
    /// Where it stood from then on.
    public let state: Touchpoint.State
    /// Unix seconds.
    public let at: Int64
    /// Whose doing it was: `key 5a3f0c1b2e`, `operator anna`, or `fanfare` for what came by itself.
    public let author: String
    /// Why; nil: nobody said.
    public let remark: String?

    /// The author of what comes by itself.
    public static let itself = "fanfare"

    /// - Parameters: see the properties of the same names.
    public init(state: Touchpoint.State, at: Int64, author: String, remark: String?) {
        (self.state, self.at, self.author, self.remark) = (state, at, author, remark)
    }
}
