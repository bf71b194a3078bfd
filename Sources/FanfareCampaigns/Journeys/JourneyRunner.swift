import FanfareAudience
import FanfareDelivery
import FanfareJob
import FanfareStore
import GRDB
import Logging
import NIOConcurrencyHelpers

/// Takes the contacts of one audience on along its journeys, piece by piece, as long as there is anything to be done.
///
/// | Death after | The next start |
/// | --- | --- |
/// | something happened to a contact, before its journey took note | finds the signal, which stood in the same transaction |
/// | a piece of steps | finds contacts where the piece left them; what it called for is in the change log with it |
/// | the ledger of events has a request, before the log is cut | takes it over no second time: the cursor moved with it |
/// | a webhook ended, before a contact that waits for it went on | reads the end again, after the cursor that moves with the step |
///
/// Any thread. Its pieces run on the queue of the audience's writer, between the writes of others.
final class JourneyRunner: Sendable {
    /// What a piece has come to.
    private enum Piece {
        /// There may be more. The number of the last end of a webhook that was taken over in it; nil: none was.
        case done(end: Int64?)
        /// Nothing is to be done before a time; nil: before something happens.
        case idle(until: Int64?)
    }

    private struct State {
        var isRunning = false
        var mustRunAgain = false
        var isClosed = false
        /// When it is to be looked again, Unix seconds; nil: when something happens.
        var wake: Int64? = 0
        /// Whether there is any journey.
        var hasJourneys = true
        /// Nothing can be written: it is tried again with the next look.
        var isStalled = false
        /// The last end of a webhook that was taken over, and the last that the ledger need not keep.
        var taken: Int64 = 0
        var forgotten: Int64 = 0
    }

    /// Between two looks while others write.
    private static let breath: Duration = .milliseconds(5)
    /// Contacts of a piece: where others wait for the writer, it is their turn behind it.
    private static let contacts = 500
    /// Pieces of one transaction where nobody waits: pages that they share are written once.
    private static let together = 4

    let book: JourneyBook
    private let audience: Audience
    private let commits: GroupCommit
    private let events: EventBook
    private let configuration: Journeys.Configuration
    private let logger: Logger
    private let state = NIOLockedValueBox(State())
    /// Told of a journey that was paused, as one of its steps cannot be made.
    private let faults: NIOLockedValueBox<FaultListener>

    /// Who is told; in a structure, as a function that is read out of a box is wrapped once more each time.
    struct FaultListener {
        /// Of a step that cannot be made.
        var body: (@Sendable (Journey, String) -> Void)?
        /// Of a receiver to which nothing more is sent: the journey's id, and why.
        var onRefusal: (@Sendable (String, String) -> Void)?
    }

    init(
        _ book: JourneyBook,
        _ audience: Audience,
        _ commits: GroupCommit,
        _ events: EventBook,
        _ configuration: Journeys.Configuration,
        faults: NIOLockedValueBox<FaultListener>,
        logger: Logger
    ) {
        (self.book, self.audience, self.commits, self.events) = (book, audience, commits, events)
        self.configuration = configuration
        var logger = logger
        logger[metadataKey: "audience"] = "\(book.audience)"
        self.logger = logger
        self.faults = faults
        events.listenToEnds { [weak self] in self?.wake() }
    }

    // MARK: Turns

    /// Something has happened in the audience, or was ordered.
    func wake() {
        let mustStart = state.withLockedValue { state in
            guard state.hasJourneys, !state.isClosed else { return false }
            state.wake = 0
            if state.isRunning { state.mustRunAgain = true }
            defer { state.isRunning = true }
            return !state.isRunning
        }
        if mustStart { Task { await run() } }
    }

    /// The audience has journeys now.
    func hasJourneys() {
        state.withLockedValue { $0.hasJourneys = true }
        wake()
    }

    /// A second has passed: it looks whether anything has become due.
    func tick() {
        let now = configuration.now()
        let isDue = state.withLockedValue { state in
            !state.isRunning && (state.isStalled || state.wake.map { $0 <= now } ?? false)
        }
        if isDue { wake() }
    }

    private func run() async {
        await takeOn()
        while mustGoOn() {
            // Whoever writes again and again is looked after now and then, and not after each write.
            do { try await Task.sleep(for: Self.breath) } catch { return }
            await takeOn()
        }
    }

    private func mustGoOn() -> Bool {
        state.withLockedValue { state in
            let goesOn = state.mustRunAgain && !state.isClosed
            (state.mustRunAgain, state.isRunning) = (false, goesOn)
            return goesOn
        }
    }

    /// Does everything that is to be done by now.
    func takeOn() async {
        while !state.withLockedValue({ $0.isClosed }) {
            do {
                switch try await piece() {
                case .done: events.pull()
                case .idle(let until): return rest(until: until)
                }
            } catch let fault as JourneyFault {
                await pause(for: fault)
            } catch {
                return stall(error)
            }
        }
    }

    private func rest(until: Int64?) {
        let wasStalled = state.withLockedValue { state in
            defer { state.isStalled = false }
            // What has happened meanwhile is looked at in the next turn.
            state.wake = state.mustRunAgain ? 0 : until
            return state.isStalled
        }
        if wasStalled { logger.notice("journeys go on") }
    }

    private func stall(_ error: any Error) {
        let wasStalled = state.withLockedValue { state in
            defer { state.isStalled = true }
            return state.isStalled
        }
        if !wasStalled { logger.error("journeys stand still: trying again", metadata: ["error": "\(error)"]) }
    }

    /// Nothing is done any more; who is at it now is waited for by closing the audience's writer.
    func close() { state.withLockedValue { $0.isClosed = true } }

    // MARK: Pieces

    private func piece() async throws -> Piece {
        let isHeld = configuration.isHeld()
        let now = configuration.now()
        let result = try await commits.write(isRepeatable: true) { [self] db in
            if try JourneyBook.isEmpty(db) {
                state.withLockedValue { $0.hasJourneys = false }
                return Piece.idle(until: nil)
            }
            return isHeld ? .idle(until: now + 1) : try pieces(now: now, db)
        }
        // Only now it stands in the audience.
        if case .done(let end?) = result { state.withLockedValue { $0.taken = end } }
        try await forgetEnds()
        return result
    }

    /// As many as may share a transaction.
    private func pieces(now: Int64, _ db: Database) throws -> Piece {
        let active = try book.all(db).filter { $0.state == .active }
        if let unreadable = active.first(where: { $0.fault != nil }), let fault = unreadable.fault {
            throw JourneyFault(journey: unreadable.number, point: nil, message: fault)
        }
        let tools = try JourneyTools(audience, now: now, db)
        var (count, end): (Int, Int64?) = (0, nil)
        repeat {
            let lastEnd = try JourneyEnds.take(events, limit: Self.contacts, tools)
            end = lastEnd ?? end
            let worth = try max(lastEnd == nil ? 0 : 1, piece(of: active, tools))
            if worth == 0 { break }
            count += worth
        } while count < Self.together && !commits.isAwaited
        try tools.finish()
        return count > 0 ? .done(end: end) : .idle(until: try next(active, db))
    }

    /// - Returns: How many pieces' worth it was; 0: there was nothing to be done.
    private func piece(of active: [Journey], _ tools: JourneyTools) throws -> Int {
        var (isDone, hasBegun) = (false, false)
        // Each has its share, so that none waits for another's crowd.
        let share = max(20, Self.contacts / max(1, active.count))
        for journey in active {
            if try JourneyDays.take(for: journey, tools) { isDone = true }
            if try JourneySignals.take(for: journey, limit: share, tools) > 0 { isDone = true }
            let hasStepped = try JourneyStepper(journey, tools, events).step(limit: share) > 0
            // Those that are inside go first: whoever begins waits for nobody.
            if hasStepped {
                isDone = true
            } else if try JourneyEnrolment.take(for: journey, tools) {
                hasBegun = true
            }
        }
        return hasBegun ? Self.together : isDone ? 1 : 0
    }

    /// When something of these journeys is due next.
    private func next(_ journeys: [Journey], _ db: Database) throws -> Int64? {
        let statement = try HotStatement(
            cachedIn: db,
            "SELECT min(due) FROM journey_position WHERE journey = ? AND due IS NOT NULL"
        )
        var times: [Int64] = []
        for journey in journeys {
            statement.bind(1, journey.number)
            if try statement.step(), !statement.columnIsNull(0) { times.append(statement.columnInt64(0)) }
            statement.reset()
            if let day = try JourneyDays.next(for: journey, db) { times.append(day) }
        }
        return times.min()
    }

    /// The ledger of events need not keep what stands in the audience.
    private func forgetEnds() async throws {
        let taken = state.withLockedValue { state -> Int64? in
            guard state.taken >= state.forgotten + 1000 else { return nil }
            state.forgotten = state.taken
            return state.taken
        }
        if let taken { try await events.forgetEnds(through: taken) }
    }

    private func pause(for fault: JourneyFault) async {
        let now = configuration.now()
        do {
            let journey = try await commits.write { [book] db in
                try book.pause(fault.journey, by: "fanfare", reason: fault.reason, now: now, db)
            }
            guard let journey else { return }
            // What is wrong may repeat what a map says, never what a contact is.
            logger.error("journey paused", metadata: ["journey": "\(journey.id)", "reason": "\(fault.reason)"])
            faults.withLockedValue { $0.body }?(journey, fault.reason)
        } catch {
            stall(error)
            // Not at once again: the fault stands as it did.
            do { try await Task.sleep(for: .seconds(1)) } catch { return }
        }
    }
}
