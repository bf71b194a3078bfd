public import FanfareAudience
import FanfareDelivery
import FanfareJob
import FanfareStore
import GRDB

/// Contacts that begin as somebody says so: a program, or a person of the team.
extension Journeys {
    /// Lets one contact begin at a starting point of the kind `api`: Mailchimp's
    /// `/customer-journeys/journeys/{journey_id}/steps/{step_id}/actions/trigger`.
    ///
    /// - Parameters:
    ///   - number: The journey's number.
    ///   - step: The starting point's.
    ///   - address: The contact's.
    /// - Throws: ``JourneyError``: `unknownJourney`, `unknownPoint`, `unknownContact`, `wrongState` for one that is not
    ///   active, `alreadyInside`, `notEligible`.
    public func trigger(journey number: Int64, step: Int64, address: String) async throws {
        guard let entry = try catalogue.entry(number: number) else {
            throw JourneyError(.unknownJourney, "there is no journey of the number \(number)")
        }
        let journey = try journey(entry.id)
        guard let start = journey.start(step), start.trigger == .api else {
            throw JourneyError(
                .unknownPoint,
                "the journey has no starting point of the type api with the number \(step)"
            )
        }
        try await add([address], to: journey.id, at: start.id)
    }

    /// Lets contacts begin at a starting point, all of them or none.
    ///
    /// - Parameters:
    ///   - addresses: Theirs.
    ///   - id: The journey's id.
    ///   - point: The starting point's id; nil: the one of the kind `manual`, or the only one there is.
    /// - Throws: As ``trigger(journey:step:address:)``.
    public func add(_ addresses: [String], to id: String, at point: String? = nil) async throws {
        let (entry, open) = try place(of: id)
        let now = configuration.now()
        try await open.commits.write { db in
            let journey = try open.journeys.book.journey(entry.number, db)
            let start = try Self.start(of: journey, point)
            let tools = try JourneyTools(open.audience, now: now, db)
            var entrance = JourneyEntrance(journey, tools)
            for address in addresses {
                try Self.admit(address, &entrance, at: start, db)
            }
            try tools.finish()
        }
        open.journeys.wake()
    }

    /// Lets all of a part of the audience begin that may; they do so one piece after the other, over restarts too.
    ///
    /// - Parameters:
    ///   - part: Whom.
    ///   - id: The journey's id.
    ///   - point: The starting point's id; nil: the one of the kind `manual`, or the only one there is.
    /// - Throws: ``JourneyError``: `wrongState`, `unknownPoint`; `AudienceError` for a tag or segment that is not there.
    public func add(_ part: RecipientSelection.Part, to id: String, at point: String? = nil) async throws {
        let (entry, open) = try place(of: id)
        _ = try open.reading.selectionSQL(RecipientSelection(part))
        try await open.commits.write { db in
            let journey = try open.journeys.book.journey(entry.number, db)
            let start = try Self.start(of: journey, point)
            try JourneyEnrolment.order(try JourneyEnrolment.Whom(part), of: journey, at: start, db)
        }
        open.journeys.wake()
    }

    /// Sends one request of a journey again that has ended, however it did, with the same id and bytes.
    ///
    /// - Parameters:
    ///   - number: Its number in the ledger of the audience's events.
    ///   - id: The journey's id.
    /// - Returns: Whether it is sent: not one that has not ended, whose body was erased or forgotten, or whose contact is
    ///   suppressed.
    /// - Throws: ``JourneyError`` with `wrongState` for a journey that is over; what keeps it from being written.
    public func resend(_ number: Int64, of id: String) async throws -> Bool {
        try await turns.take {
            let (_, open) = try place(of: id)
            let state = try journey(id).state
            guard state == .active || state == .paused else {
                throw JourneyError(.wrongState, "the journey is \(state.rawValue), and sends nothing")
            }
            return try await open.book.resend([number]) > 0
        }
    }

    private static func start(of journey: Journey, _ point: String?) throws -> StartingPoint {
        guard journey.state == .active else {
            throw JourneyError(
                .wrongState,
                "the journey is \(journey.state.rawValue): contacts begin while it is active"
            )
        }
        let all = journey.map.start
        if let point {
            guard let start = all.first(where: { $0.id == point }) else {
                throw JourneyError(
                    .unknownPoint,
                    "the journey has no starting point \(point); accepted: \(all.map(\.id).joined(separator: ", "))"
                )
            }
            return start
        }
        if let manual = all.first(where: { $0.trigger == .manual }) { return manual }
        guard all.count == 1, let only = all.first else {
            throw JourneyError(
                .unknownPoint,
                "name one of the starting points: \(all.map(\.id).joined(separator: ", "))"
            )
        }
        return only
    }

    private static func admit(
        _ address: String,
        _ entrance: inout JourneyEntrance,
        at start: StartingPoint,
        _ db: Database
    ) throws {
        let statement = try HotStatement(cachedIn: db, "SELECT id FROM contact WHERE email_key = ?")
        statement.bind(1, try folded(address))
        guard try statement.step() else {
            throw JourneyError(.unknownContact, "the audience has no contact \(address)")
        }
        let contact = statement.columnInt64(0)
        statement.reset()
        switch try entrance.admit(contact, at: start, chain: "") {
        case .begun: return
        case .refusedAgain:
            throw JourneyError(.alreadyInside, "\(address) is or has been in the journey, and may not begin once more")
        case .notMeant:
            throw JourneyError(
                .notEligible,
                "\(address) has not a status that may begin, or is not of the segment of the starting point"
            )
        case .unknown: throw JourneyError(.unknownContact, "the audience has no contact \(address)")
        }
    }
}
