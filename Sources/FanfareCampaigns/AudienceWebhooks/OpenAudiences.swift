import FanfareAudience
import FanfareDelivery
import FanfarePayload
import FanfareStore
import GRDB
import Logging
import NIOConcurrencyHelpers

/// What is open of one audience.
struct OpenAudience: Sendable {
    /// The audience's id.
    let id: String
    /// To be read beside its writer.
    let reading: Audience
    /// Its writer.
    let commits: GroupCommit
    /// Makes events of its changes.
    let feed: ChangeFeed
    /// Keeps the events.
    let book: EventBook
    /// What earlier installations gave ids to, where it was restored from a backup.
    let epochs: [EventEpoch]
    /// The connection over which it is written.
    let audience: Audience
    /// Takes contacts on along its journeys.
    let journeys: JourneyRunner

    /// - Parameters:
    ///   - begins: The last change after which any of its webhooks begins to listen.
    ///   - isHeld: Whether nothing is to be sent, and so no journey goes on.
    ///   - faults: Who is told of journeys that are paused by a fault.
    init(
        _ id: String,
        in directory: DataDirectory,
        begins: Int64,
        configuration: AudienceWebhooks.Configuration,
        isHeld: @escaping @Sendable () -> Bool,
        faults: NIOLockedValueBox<JourneyRunner.FaultListener>,
        sealer: SecretSealer
    ) throws {
        self.id = id
        let (suppression, logger) = (configuration.suppression, configuration.delivery.logger)
        let path = directory.audiencePath(id)
        audience = try Audience(path: path, id: id, mode: .mustExist, suppression: suppression)
        let start = try audience.register(reader: ChangeFeed.name)
        reading = try Audience(path: path, id: id, mode: .readOnly)
        commits = GroupCommit(audience.database)
        feed = ChangeFeed(
            reader: try Audience(path: path, id: id, mode: .readOnly),
            writer: commits,
            suppression: suppression
        )
        book = try EventBook(
            path: directory.eventsPath(id),
            source: feed,
            sourceName: ChangeFeed.name,
            start: start,
            logger: logger
        )
        var journeys = configuration.journeys
        let isHeldToo = journeys.isHeld
        journeys.isHeld = { isHeld() || isHeldToo() }
        self.journeys = JourneyRunner(
            JourneyBook(id, sealer: sealer, environment: journeys.environment),
            audience,
            commits,
            book,
            journeys,
            faults: faults,
            logger: logger
        )
        epochs = try book.epochs()
        let known = max(try book.cursor(), begins)
        // An audience that was put back from a copy would count its changes again, and these would be taken for known.
        if try audience.raiseChanges(to: known) {
            logger.warning("an audience is older than its webhooks' ledger", metadata: ["audience": "\(id)"])
        }
    }

    /// Its journeys.
    func knownJourneys() throws -> [Journey] { try reading.database.read { try journeys.book.all($0) } }

    /// Ends it in good order.
    func close() async {
        await book.close()
        await feed.finish()
    }

    /// Lets go of its files, which are to be deleted: who still uses one is waited for, and who comes later is told that
    /// it is closed.
    ///
    /// - Throws: What kept one from being closed.
    func letGo() async throws {
        journeys.close()
        await book.close()
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            BlockingWork.run { [self] in
                continuation.resume(
                    with: Result {
                        try audience.database.close()
                        try reading.database.close()
                        try feed.close()
                        try book.closeFile()
                    }
                )
            }
        }
    }
}

/// The audiences that are open, each opened at first use. Any thread.
final class OpenAudiences: Sendable {
    private let opened = NIOLockedValueBox<[String: OpenAudience]>([:])
    /// The ids of those that were deleted.
    private let gone = NIOLockedValueBox<Set<String>>([])
    private let opening = NIOLock()

    var all: [OpenAudience] { opened.withLockedValue { Array($0.values) } }

    /// One that is open; nil: it is not.
    func known(_ id: String) -> OpenAudience? { opened.withLockedValue { $0[id] } }

    /// Whether it was deleted.
    func isGone(_ id: String) -> Bool { gone.withLockedValue { $0.contains(id) } }

    /// Opens an audience no more.
    ///
    /// - Returns: What is open of it.
    func remove(_ id: String) -> OpenAudience? {
        opening.withLock {
            gone.withLockedValue { _ = $0.insert(id) }
            return opened.withLockedValue { $0.removeValue(forKey: id) }
        }
    }

    /// - Parameter make: Opens one, and has it at work; called once for each, by one thread at a time.
    /// - Throws: `AudienceError` with `unknownAudience` for one that was deleted.
    func audience(_ id: String, _ make: () throws -> OpenAudience) throws -> OpenAudience {
        if let open = opened.withLockedValue({ $0[id] }) { return open }
        return try opening.withLock {
            if let open = opened.withLockedValue({ $0[id] }) { return open }
            if isGone(id) { throw AudienceError(.unknownAudience, "there is no audience of the id \(id) any more") }
            let open = try make()
            opened.withLockedValue { $0[id] = open }
            return open
        }
    }
}
