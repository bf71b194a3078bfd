public import FanfareAudience
public import FanfareDelivery
public import FanfarePayload
public import FanfareStore
public import FanfareTransport
public import GRDB
import Logging
import NIOConcurrencyHelpers

/// The audience webhooks of an installation at work: what changes in an audience is told to those that listen.
///
/// For the owner of the data directory; any thread. Changes are made through ``edit(_:in:by:now:)``, or by others that
/// then say so with ``pull(_:)``: what they have written is in the log, and is told then or at the next start.
public final class AudienceWebhooks: Sendable {
    /// What is open of one audience.
    private struct Open: Sendable {
        let audience: Audience
        let reading: Audience
        let commits: GroupCommit
        let feed: ChangeFeed
        let book: EventBook
    }

    /// How it is set up.
    public struct Configuration: Sendable {
        /// The installation's own id, part of every `webhook-id`.
        public var installation: String
        /// How requests are sent.
        public var delivery: EventDeliverer.Configuration
        /// Attempts, their pace and their number.
        public var settings: DeliverySettings
        /// How the names of URLs that are checked become addresses.
        public var lookUp: LookUp

        /// - Parameters: see the properties of the same names.
        public init(
            installation: String,
            delivery: EventDeliverer.Configuration = .init(),
            settings: DeliverySettings = .events,
            lookUp: LookUp = .system
        ) {
            self.installation = installation
            self.delivery = delivery
            self.settings = settings
            self.lookUp = lookUp
        }
    }

    private let directory: DataDirectory
    private let catalogue: AudienceWebhookCatalogue
    private let configuration: Configuration
    private let deliverer: EventDeliverer
    private let opened = NIOLockedValueBox<[String: Open]>([:])

    /// Starts sending; audiences that have webhooks are opened.
    ///
    /// - Throws: `StoreError`, `AudienceError`, `TransportError`, `PayloadError`.
    public init(
        directory: DataDirectory,
        catalogue: AudienceWebhookCatalogue,
        _ configuration: Configuration
    ) throws {
        self.directory = directory
        self.catalogue = catalogue
        self.configuration = configuration
        let retired = RetirementDesk()
        deliverer = try EventDeliverer(configuration.delivery) { endpoint, why in retired.note(endpoint, why) }
        for audience in Set(try catalogue.all().map(\.audience)).sorted() { _ = try open(audience) }
        retired.attend { [weak self] endpoint, why in await self?.retire(endpoint, why) }
    }

    // MARK: Changes

    /// Makes a change of a contact, and has it told.
    ///
    /// - Returns: What it has come to, when it is on disk.
    /// - Throws: `AudienceError`.
    public func edit(
        _ edit: ContactEdit,
        in audience: String,
        by source: ChangeSource,
        now: Int64 = currentUnixTime()
    ) async throws -> EditOutcome {
        try await write(audience) { try Audience.edit(edit, by: source, now: now, $0) }
    }

    /// Makes changes of an audience in one transaction that others may share, and has them told.
    ///
    /// - Returns: What the body returned, when it is on disk.
    /// - Throws: What the body throws, or what kept it from the disk.
    public func write<Value: Sendable>(
        _ audience: String,
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        let open = try open(audience)
        let value = try await open.commits.write(body)
        open.book.pull()
        return value
    }

    /// An audience to be read, over a connection that waits for no writer. Its calls block.
    public func reading(_ audience: String) throws -> Audience { try open(audience).reading }

    /// Has what stands in an audience's change log told.
    public func pull(_ audience: String) throws { try open(audience).book.pull() }

    // MARK: Webhooks

    /// Makes a webhook, when its URL has answered its check.
    ///
    /// - Parameters:
    ///   - url: http or https.
    ///   - events: What it is told of.
    ///   - sources: Whose changes.
    ///   - audience: The audience's id.
    ///   - checks: Whether the URL has to answer a GET.
    /// - Returns: With the secret, which is never shown again.
    /// - Throws: ``WebhookError``, `AudienceError`, `StoreError`, `PayloadErrors`.
    public func create(
        url: String,
        events: Set<ChangeKind>,
        sources: Set<ChangeSource>,
        in audience: String,
        now: Int64 = currentUnixTime(),
        checks: Bool = true
    ) async throws -> AudienceWebhook {
        let open = try open(audience)
        let digits = randomBytes(5).map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }
        let webhook = AudienceWebhook(
            id: digits.joined(),
            audience: audience,
            url: url,
            events: events,
            sources: sources,
            secret: .newSigningSecret(),
            begins: try open.audience.lastChange(),
            created: now
        )
        let endpoint = try checkedEndpoint(of: webhook)
        if checks { try await check(url) }
        try catalogue.save(webhook)
        open.feed.tell(try catalogue.all(of: audience))
        deliverer.add(endpoint, of: open.book)
        return webhook
    }

    /// Changes where a webhook is told, and of what; what is nil stays as it is.
    ///
    /// What it has not had yet goes to the new URL.
    ///
    /// - Throws: ``WebhookError``.
    public func change(
        _ id: String,
        url: String? = nil,
        events: Set<ChangeKind>? = nil,
        sources: Set<ChangeSource>? = nil
    ) async throws -> AudienceWebhook {
        guard var webhook = try catalogue.webhook(id) else { throw WebhookError.unknown(id) }
        let isMoved = url.map { $0 != webhook.url } ?? false
        webhook.url = url ?? webhook.url
        webhook.events = events ?? webhook.events
        webhook.sources = sources ?? webhook.sources
        let endpoint = try checkedEndpoint(of: webhook)
        if isMoved { try await check(webhook.url) }
        try catalogue.save(webhook)
        let open = try open(webhook.audience)
        open.feed.tell(try catalogue.all(of: webhook.audience))
        if isMoved, webhook.state == .enabled {
            await deliverer.remove(endpoint: id)
            deliverer.add(endpoint, of: open.book)
        }
        return webhook
    }

    /// Tells a webhook nothing any more, and gives up what it has not had.
    ///
    /// - Throws: ``WebhookError`` with `unknownWebhook`.
    public func disable(_ id: String, reason: String, now: Int64 = currentUnixTime()) async throws {
        guard var webhook = try catalogue.webhook(id) else { throw WebhookError.unknown(id) }
        if webhook.state == .enabled {
            webhook.state = .disabled(reason: reason, at: now)
            try catalogue.save(webhook)
        }
        try await stop(webhook, now: now)
    }

    /// Tells a webhook again, of what changes from now on.
    ///
    /// - Throws: ``WebhookError`` with `unknownWebhook`.
    public func enable(_ id: String) async throws {
        guard var webhook = try catalogue.webhook(id) else { throw WebhookError.unknown(id) }
        if webhook.state == .enabled { return }
        let open = try open(webhook.audience)
        webhook.state = .enabled
        webhook.begins = try open.audience.lastChange()
        try catalogue.save(webhook)
        open.feed.tell(try catalogue.all(of: webhook.audience))
        deliverer.add(try endpoint(of: webhook), of: open.book)
    }

    /// Forgets a webhook; what it was sent stays in the ledger.
    ///
    /// - Throws: ``WebhookError`` with `unknownWebhook`.
    public func delete(_ id: String, now: Int64 = currentUnixTime()) async throws {
        guard let webhook = try catalogue.webhook(id), try catalogue.remove(id) else { throw WebhookError.unknown(id) }
        try await stop(webhook, now: now)
    }

    /// The webhooks of an audience, oldest first.
    public func all(of audience: String) throws -> [AudienceWebhook] { try catalogue.all(of: audience) }

    /// What its lane looks like; nil: it has none, as it is disabled.
    public func lane(of id: String) -> LaneSnapshot? { deliverer.lanes[id] }

    /// Has all webhooks stand still, or go on.
    public func pause(_ isPaused: Bool) { deliverer.pause(isPaused) }

    /// Ends it in good order: what is in flight is waited for, and what became of it is written down.
    public func close() async {
        await withCheckedContinuation { continuation in
            BlockingWork.run { [deliverer] in
                deliverer.close()
                continuation.resume()
            }
        }
        for open in opened.withLockedValue({ $0.values.map(\.self) }) { await open.book.close() }
    }

    // MARK: Inside

    private func check(_ url: String) async throws {
        let check = URLCheck(egress: configuration.delivery.egress, lookUp: configuration.lookUp)
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            BlockingWork.run {
                do {
                    try check.check(url)
                    continuation.resume()
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }
    }

    private func stop(_ webhook: AudienceWebhook, now: Int64) async throws {
        let open = try open(webhook.audience)
        open.feed.tell(try catalogue.all(of: webhook.audience))
        await deliverer.remove(endpoint: webhook.id)
        try await open.book.cancel(endpoint: webhook.id, .endpointDisabled, unixTime: now)
    }

    private func retire(_ id: String, _ why: EventEndpoint.Retirement) async {
        let reason =
            switch why {
            case .gone: "the receiver answered 410: it is gone"
            case .refusesAll: "the receiver refused the first deliveries"
            case .failing(let count): "\(count) deliveries in a row were given up"
            }
        var logger = configuration.delivery.logger
        logger[metadataKey: "webhook"] = "\(id)"
        do {
            try await disable(id, reason: reason)
            logger.warning("webhook disabled", metadata: ["reason": "\(reason)"])
        } catch {
            logger.error("webhook could not be disabled", metadata: ["reason": "\(reason)", "error": "\(error)"])
        }
    }

    private func checkedEndpoint(of webhook: AudienceWebhook) throws -> EventEndpoint {
        do { return try endpoint(of: webhook) } catch is PayloadErrors { throw WebhookError.invalidURL }
    }

    private func endpoint(of webhook: AudienceWebhook) throws -> EventEndpoint {
        let definition = WebhookDefinition(
            url: webhook.url,
            headers: [
                .init(name: "Content-Type", value: .text("application/x-www-form-urlencoded")),
                .init(name: "User-Agent", value: .text("MailChimp.com")),
            ],
            body: .none,
            signing: webhook.secret.map { .init(secrets: [$0]) }
        )
        return try EventEndpoint(
            id: webhook.id,
            installation: configuration.installation,
            webhook: definition,
            mailchimpSecret: webhook.secret,
            settings: configuration.settings
        )
    }

    /// The audience, opened at first use with what belongs to it.
    private func open(_ id: String) throws -> Open {
        if let open = opened.withLockedValue({ $0[id] }) { return open }
        let open = try makeOpen(id)
        let (kept, isNew) = opened.withLockedValue { opened in
            if let other = opened[id] { return (other, false) }
            opened[id] = open
            return (open, true)
        }
        if isNew { try begin(kept, id) }
        return kept
    }

    private func makeOpen(_ id: String) throws -> Open {
        let path = directory.audiencePath(id)
        let audience = try Audience(path: path, id: id, mode: .mustExist)
        let start = try audience.register(reader: ChangeFeed.name)
        let commits = GroupCommit(audience.database)
        let feed = ChangeFeed(reader: try Audience(path: path, id: id, mode: .readOnly), writer: commits)
        let book = try EventBook(
            path: directory.eventsPath(id),
            source: feed,
            sourceName: ChangeFeed.name,
            start: start
        )
        let reading = try Audience(path: path, id: id, mode: .readOnly)
        return Open(audience: audience, reading: reading, commits: commits, feed: feed, book: book)
    }

    private func begin(_ open: Open, _ id: String) throws {
        let webhooks = try catalogue.all(of: id)
        open.feed.tell(webhooks)
        deliverer.open(open.book)
        for webhook in webhooks where webhook.state == .enabled {
            deliverer.add(try endpoint(of: webhook), of: open.book)
        }
        open.book.pull()
    }
}
