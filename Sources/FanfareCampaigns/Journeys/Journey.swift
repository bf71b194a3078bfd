public import FanfareJob

/// A customer journey of an audience: its map, and where it stands.
public struct Journey: Sendable, Hashable {
    /// Where it stands as a whole.
    public enum State: String, Sendable, Hashable, CaseIterable {
        /// It was made, and nobody has begun it.
        case draft
        /// Contacts begin and go on.
        case active
        /// Contacts hold their places, and nobody begins.
        case paused
        /// It is over: nobody is inside.
        case ended
    }

    /// Ten hexadecimal digits.
    public let id: String
    /// Its number within the installation, by which Mailchimp's interface knows it.
    public let number: Int64
    /// The audience's id.
    public let audience: String
    /// Where it stands.
    public internal(set) var state: State
    /// Why it was paused without anybody's wish; nil: it was not.
    public internal(set) var reason: String?
    /// Counts the versions of its map, from 1.
    public internal(set) var version: Int64
    /// Who begins, and what happens to them; empty where it cannot be read, as ``fault`` says.
    public internal(set) var map: JourneyMap
    /// Why its map cannot be read: a secret that it refers to is gone, or what it was sealed with; nil: it can.
    public internal(set) var fault: String?
    /// The numbers of its points, by their ids: those of earlier versions too.
    public internal(set) var numbers: [String: Int64]
    /// Unix time in seconds.
    public let created: Int64
    /// Unix time in seconds of its last version.
    public internal(set) var updated: Int64

    /// What is said of its map that deserves a second look, one sentence each: times that clocks skip or show twice.
    public var warnings: [String] {
        let times = JourneyTimes(zone: map.timeZone)
        let starts = map.start.compactMap { start -> String? in
            guard case .specificDate(let time) = start.trigger else { return nil }
            return times.note(of: time).map { "\(start.id): \($0)" }
        }
        let delays = map.points.compactMap { point -> String? in
            guard case .delay(.until(let time), _) = point.step else { return nil }
            return times.note(of: time).map { "\(point.id): \($0)" }
        }
        return starts + delays
    }

    /// The starting point of a number.
    func start(_ number: Int64) -> StartingPoint? { map.start.first { numbers[$0.id] == number } }

    /// The endpoint that a webhook's point is.
    public func endpoint(of point: String) -> String { Self.endpointPrefix + "\(id).\(point)" }

    /// Which journey and point an endpoint is; nil: none of a journey.
    public static func place(of endpoint: String) -> (journey: String, point: String)? {
        guard endpoint.hasPrefix(endpointPrefix) else { return nil }
        let rest = endpoint.dropFirst(endpointPrefix.count)
        guard let dot = rest.firstIndex(of: ".") else { return nil }
        return (String(rest[..<dot]), String(rest[rest.index(after: dot)...]))
    }

    /// What the ids of journeys' endpoints begin with.
    public static let endpointPrefix = "journey."
}

/// A change of a journey's state.
public struct JourneyChange: Sendable, Hashable {
    /// What it became.
    public let state: Journey.State
    /// Unix time in seconds.
    public let at: Int64
    /// Who wanted it.
    public let by: String
    /// What else there is to say.
    public let remark: String?
}

/// How many contacts are at a point, and have been.
public struct JourneyPointCounts: Sendable, Hashable {
    /// The point's id.
    public let point: String
    /// Contacts that wait there now.
    public let waiting: Int64
    /// Contacts that have come there, each time counted.
    public let arrived: Int64
    /// Contacts that have gone on from there.
    public let passed: Int64
}

/// Which way a contact left a point.
///
/// The raw value is stored and never changes its meaning.
public enum JourneyWay: Int64, Sendable, Hashable {
    /// It began at this starting point.
    case began = 0
    /// It went on.
    case next = 1
    /// It is one of those that were asked for, or what it waited for has happened.
    case then = 2
    /// It is none of those, or waited in vain.
    case otherwise = 3
    /// A webhook was written down for it, and it went on.
    case sent = 4
    /// It was sent none, as it has not a status that gets any, or lacks a value.
    case skipped = 5
    /// Its webhook was delivered, and it went on.
    case delivered = 6
    /// Its webhook was given up, and it left.
    case gaveUp = 7
    /// It was archived or is gone, and left.
    case gone = 8

    /// The word for it.
    public var name: String {
        switch self {
        case .began: "began"
        case .next: "next"
        case .then: "then"
        case .otherwise: "else"
        case .sent: "sent"
        case .skipped: "skipped"
        case .delivered: "delivered"
        case .gaveUp: "gave_up"
        case .gone: "gone"
        }
    }
}

/// One step of one contact.
public struct JourneyPassage: Sendable, Hashable {
    /// The contact's key.
    public let contact: Int64
    /// Which of its entries, from 1.
    public let entry: Int64
    /// Which point of the entry, from 1; 0: its start.
    public let visit: Int64
    /// The point's id.
    public let point: String
    /// Which way it went.
    public let way: JourneyWay
    /// Unix time in seconds.
    public let at: Int64
}

/// Where a contact stands.
public struct JourneyPosition: Sendable, Hashable {
    /// Counts the entries of all contacts of the audience.
    public let number: Int64
    /// The contact's key.
    public let contact: Int64
    /// Which of its entries, from 1.
    public let entry: Int64
    /// The point's id.
    public let point: String
    /// Unix time in seconds at which it came there.
    public let arrived: Int64
    /// Unix time in seconds until which it waits; nil: for something else.
    public let due: Int64?
}
