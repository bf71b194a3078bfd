/// One thing that stands on the calendar: what is planned, what goes on and what is over.
public struct CalendarEntry: Sendable, Hashable {
    /// What it is.
    public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        /// A touchpoint of a campaign that delivers.
        case webhook
        /// Something to be done by somebody.
        case task
        /// Something that happens.
        case event
        /// An e-mail or a message that is sent elsewhere.
        case note
        /// A fan-out of a job file.
        case job
        /// A starting point of a journey that has a date.
        case journey
    }

    /// Names it, also when it is moved: unique over all entries of all installations, and the same over restarts.
    public var uid: String
    /// What it is.
    public var kind: Kind
    /// One line for people.
    public var title: String
    /// A word for how it stands, such as `draft`, `scheduled`, `running`, `complete`, `cancelled`.
    public var state: String
    /// Unix seconds.
    public var startsAt: Int64
    /// How long it is; nil: it is a moment, or its end is not known.
    public var minutes: Int?
    /// The IANA name of the time zone that it was planned in.
    public var timeZone: String
    /// What clocks there show, for example `2026-11-27 09:00 Europe/Paris (UTC+01:00)`.
    public var localText: String
    /// The campaign that it is part of; nil: none.
    public var campaign: Campaign?
    /// The id of the audience that it goes to; nil: none.
    public var audience: String?
    /// The path of the resource of `/v1` that tells more.
    public var resource: String?
    /// Unix seconds at which it was changed last.
    public var updated: Int64
    /// How often it was changed; it only grows.
    public var sequence: Int

    /// A campaign, by name.
    public struct Campaign: Sendable, Hashable {
        /// Ten hexadecimal digits.
        public var id: String
        /// As people call it.
        public var name: String

        /// - Parameters: see the properties of the same names.
        public init(id: String, name: String) { (self.id, self.name) = (id, name) }
    }

    /// A moment of which no more is known.
    ///
    /// - Parameters: see the properties of the same names.
    public init(
        uid: String,
        kind: Kind,
        title: String,
        state: String,
        startsAt: Int64,
        timeZone: String,
        localText: String,
        updated: Int64,
        sequence: Int
    ) {
        (self.uid, self.kind, self.title, self.state) = (uid, kind, title, state)
        (self.startsAt, self.timeZone, self.localText) = (startsAt, timeZone, localText)
        (self.updated, self.sequence) = (updated, sequence)
    }
}

/// Why a calendar cannot be shown.
public struct CalendarError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of trouble it is; new kinds may be added.
    public enum Code: String, Sendable, Hashable {
        /// No range, or one that is too long.
        case range
        /// More than are shown at once.
        case tooMany
    }

    /// The kind.
    public let code: Code
    /// One sentence for a person.
    public let message: String

    init(_ code: Code, _ message: String) { (self.code, self.message) = (code, message) }

    /// The message.
    public var description: String { message }
}
