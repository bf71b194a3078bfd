public import FanfareAudience
public import FanfareDelivery
import FanfarePayload
import FanfareStore
import Logging
import NIOConcurrencyHelpers

/// The batch webhooks of an installation at work: that a batch is finished is told to each, with an id, retries and a
/// ledger, as an audience's changes are. For the owner of the data directory; any thread.
public final class BatchWebhooks: Sendable {
    private let catalogue: BatchWebhookCatalogue
    private let configuration: AudienceWebhooks.Configuration
    private let batches: BatchBook
    private let feed: BatchFeed
    private let book: EventBook
    private let deliverer: EventDeliverer
    private let turns = Turns()
    private let onRetirement: @Sendable (BatchWebhook, String) -> Void
    private let isClosed = NIOLockedValueBox(false)

    /// Starts sending.
    ///
    /// - Parameters:
    ///   - batches: Whose ends are told.
    ///   - path: The ledger; made when it is missing. See `DataDirectory.batchEventsPath`.
    ///   - catalogue: The webhooks.
    ///   - links: Makes the links to results.
    ///   - configuration: How requests are sent.
    ///   - onRetirement: Told of a webhook that was disabled because of what its receiver did, and why.
    /// - Throws: `StoreError`, `TransportError`, `PayloadError`.
    public init(
        _ batches: BatchBook,
        path: String,
        catalogue: BatchWebhookCatalogue,
        links: BatchLinks,
        _ configuration: AudienceWebhooks.Configuration,
        onRetirement: @escaping @Sendable (BatchWebhook, String) -> Void
    ) throws {
        self.onRetirement = onRetirement
        self.batches = batches
        self.catalogue = catalogue
        self.configuration = configuration
        feed = BatchFeed(batches, links: links)
        let start = try batches.lastCompletion()
        book = try EventBook(
            path: path,
            source: feed,
            sourceName: BatchFeed.name,
            start: start,
            logger: configuration.delivery.logger
        )
        let retired = RetirementDesk()
        deliverer = try EventDeliverer(configuration.delivery) { endpoint, why in retired.note(endpoint, why) }
        let webhooks = try catalogue.all()
        feed.tell(webhooks)
        let enabled = webhooks.filter(\.isEnabled)
        book.cancel(allBut: Set(enabled.map(\.id)), .endpointDisabled, unixTime: currentUnixTime())
        deliverer.open(book)
        for webhook in enabled { deliverer.add(try endpoint(of: webhook), of: book) }
        book.pull()
        retired.attend { [weak self] endpoint, why in await self?.retire(endpoint, why) }
    }

    /// All of them, oldest first.
    ///
    /// - Throws: `StoreError`, `PayloadError` for a secret that does not open.
    public func all() throws -> [BatchWebhook] { try catalogue.all() }

    /// Has the batches that were finished told.
    public func pull() { book.pull() }

    /// What lanes looked like a moment ago, by the webhook's id.
    public var lanes: [String: LaneSnapshot] { deliverer.lanes }

    /// It cannot tell anybody anything now: its ledger cannot be written, or its loop has failed.
    public var isStalled: Bool { book.stall != nil || deliverer.isOver }

    /// Has all webhooks stand still, or takes that back: they go on when nothing else keeps them. `order` says whose word
    /// it is.
    public func pause(_ isPaused: Bool, by order: PauseReasons = .byOperator) { deliverer.pause(isPaused, by: order) }

    /// Follows what the operator decided of events that were restored from a backup, before anything is sent since.
    ///
    /// - Parameter resend: Whether they are sent; else they stay uncertain.
    /// - Returns: How many they are.
    /// - Throws: `StoreError`, `PayloadError`; asked again, it goes on.
    public func settleRestored(resend: Bool, now: Int64 = currentUnixTime()) async throws -> Int64 {
        let count = try await book.settleRestored(resend: resend, unixTime: now)
        let enabled = try catalogue.all().filter(\.isEnabled).map(\.id)
        book.cancel(allBut: Set(enabled), .endpointDisabled, unixTime: now)
        return count
    }

    /// Makes a webhook, when its URL has answered its check.
    ///
    /// - Returns: With the secret, which is never shown again.
    /// - Throws: ``WebhookError``, `StoreError`.
    public func create(url: String, isEnabled: Bool) async throws -> BatchWebhook {
        var webhook = BatchWebhook(
            id: Hexadecimal.random(digits: 10),
            url: url,
            secret: .newSigningSecret(),
            isEnabled: isEnabled,
            begins: 0,
            created: currentUnixTime()
        )
        let endpoint = try endpoint(of: webhook)
        try await configuration.check(url)
        return try await turns.take {
            webhook.begins = try batches.lastCompletion()
            try catalogue.save(webhook)
            feed.tell(try catalogue.all())
            if isEnabled { deliverer.add(endpoint, of: book) }
            return webhook
        }
    }

    /// Changes where a webhook is told, or whether; what is nil stays as it is. One that is disabled gets nothing of what
    /// it has not had yet.
    ///
    /// - Throws: ``WebhookError``, `StoreError`.
    public func change(_ id: String, url: String? = nil, isEnabled: Bool? = nil) async throws -> BatchWebhook {
        let before = try webhook(id)
        if let url, url != before.url { try await configuration.check(url) }
        return try await turns.take {
            var webhook = try webhook(id)
            let before = webhook
            webhook.url = url ?? webhook.url
            webhook.isEnabled = isEnabled ?? webhook.isEnabled
            if webhook == before { return webhook }
            let endpoint = try endpoint(of: webhook)
            if webhook.isEnabled, !before.isEnabled { webhook.begins = try batches.lastCompletion() }
            try catalogue.save(webhook)
            try await stop(before, cancels: !webhook.isEnabled)
            if webhook.isEnabled { deliverer.add(endpoint, of: book) }
            return webhook
        }
    }

    /// Forgets a webhook; what it was sent stays in the ledger.
    ///
    /// - Throws: ``WebhookError`` with `unknownWebhook`, `StoreError`.
    public func delete(_ id: String) async throws {
        try await turns.take {
            let webhook = try webhook(id)
            guard try catalogue.remove(id) else { throw WebhookError.unknown(id) }
            try await stop(webhook, cancels: true)
        }
    }

    /// Ends it in good order: what is in flight is waited for, and what became of it is written down.
    public func close() async {
        isClosed.withLockedValue { $0 = true }
        await withCheckedContinuation { continuation in
            BlockingWork.run { [deliverer] in
                deliverer.close()
                continuation.resume()
            }
        }
        await book.close()
    }

    // MARK: Inside

    private func webhook(_ id: String) throws -> BatchWebhook {
        guard let webhook = try catalogue.all().first(where: { $0.id == id }) else { throw WebhookError.unknown(id) }
        return webhook
    }

    private func endpoint(of webhook: BatchWebhook) throws -> EventEndpoint {
        try configuration.endpoint(
            id: webhook.id,
            url: webhook.url,
            secret: webhook.secret,
            epochs: try book.epochs()
        )
    }

    private func stop(_ webhook: BatchWebhook, cancels: Bool) async throws {
        feed.tell(try catalogue.all())
        if webhook.isEnabled { await deliverer.remove(endpoint: webhook.id) }
        await book.flush()
        if let stall = book.stall { throw stall }
        if cancels { try await book.cancel(endpoint: webhook.id, .endpointDisabled, unixTime: currentUnixTime()) }
    }

    /// Disables a webhook for what its loop says; tried until it is noted.
    private func retire(_ id: String, _ why: EventEndpoint.Retirement) async {
        var logger = configuration.delivery.logger
        logger[metadataKey: "webhook"] = "\(id)"
        while !isClosed.withLockedValue({ $0 }) {
            do {
                onRetirement(try await change(id, isEnabled: false), why.text)
                return logger.warning("batch webhook disabled", metadata: ["reason": "\(why.text)"])
            } catch let error as WebhookError {
                // It was deleted meanwhile.
                return logger.info("batch webhook is gone", metadata: ["reason": "\(error)"])
            } catch {
                logger.error("batch webhook could not be disabled: trying again", metadata: ["error": "\(error)"])
            }
            do { try await Task.sleep(for: .seconds(1)) } catch { return }
        }
    }
}
