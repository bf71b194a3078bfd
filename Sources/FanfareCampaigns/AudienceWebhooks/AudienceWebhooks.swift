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
    /// How it is set up.
    public struct Configuration: Sendable {
        /// The installation's own id, part of every `webhook-id`.
        public var installation: String
        /// How requests are sent.
        public var delivery: EventDeliverer.Configuration
        /// Attempts, their pace and their number.
        public var settings: DeliverySettings
        /// Which requests go through; nil: none.
        public var proxy: ForwardProxy?
        /// How the names of URLs that are checked become addresses.
        public var lookUp: LookUp
        /// Told of a webhook that was disabled because of what its receiver did, when that is noted, and why.
        public var onRetirement: @Sendable (AudienceWebhook, String) -> Void = { _, _ in }
        /// Addresses of whom nobody is told, and that do not become contacts; nil: there are none.
        public var suppression: SuppressionList?
        /// How the journeys of the audiences are set up.
        public var journeys = Journeys.Configuration()

        /// - Parameters: see the properties of the same names.
        public init(
            installation: String,
            delivery: EventDeliverer.Configuration = .init(),
            settings: DeliverySettings = .events,
            proxy: ForwardProxy? = nil,
            lookUp: LookUp = .system
        ) {
            self.installation = installation
            self.delivery = delivery
            self.settings = settings
            self.proxy = proxy
            self.lookUp = lookUp
        }
    }

    let directory: DataDirectory
    let catalogue: AudienceWebhookCatalogue
    let configuration: Configuration
    let deliverer: EventDeliverer
    let audiences = OpenAudiences()
    /// Told of journeys that are paused by a fault.
    let faults = NIOLockedValueBox(JourneyRunner.FaultListener())
    /// Of orders that change webhooks.
    let turns = Turns()
    private let isClosed = NIOLockedValueBox(false)

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

    /// Forgets a contact: in the audience, its change log and the ledger of its events; not in those of fan-outs.
    ///
    /// No webhook tells of it, as that would carry what is to be forgotten; what is in flight of it is not called back.
    /// Who asks for it has it noted before, and asks again after a death.
    ///
    /// - Throws: `AudienceError` with `unknownContact`.
    public func erase(_ key: ContactEdit.Key, in audience: String, now: Int64 = currentUnixTime()) async throws {
        let open = try open(audience)
        guard let known = try open.reading.member(key)?.id else {
            throw AudienceError(.unknownContact, "the audience has no such contact")
        }
        try await open.book.erase(contact: known, unixTime: now)
        let contact = try await open.commits.write { try Audience.erase(.id(known), $0) }
        // What was taken over in between.
        try await open.book.erase(contact: contact, unixTime: now)
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
        let value: Value
        do {
            value = try await open.commits.write(body)
        } catch {
            throw missing(audience) ?? error
        }
        open.book.pull()
        open.journeys.wake()
        return value
    }

    /// What is wrong with an audience that was deleted while something was asked of it, whatever that failed by; nil: it
    /// was not.
    public func missing(_ audience: String) -> AudienceError? {
        guard audiences.isGone(audience) else { return nil }
        return AudienceError(.unknownAudience, "there is no audience of the id \(audience) any more")
    }

    /// An audience to be read, over a connection that waits for no writer. Its calls block.
    public func reading(_ audience: String) throws -> Audience { try open(audience).reading }

    /// An audience, over the connection that writes it: who writes much takes turns there with all others. Its calls block.
    public func writing(_ audience: String) throws -> Audience { try open(audience).audience }

    /// Has what stands in an audience's change log told.
    public func pull(_ audience: String) throws {
        let open = try open(audience)
        open.book.pull()
        open.journeys.wake()
    }

    // MARK: Webhooks

    /// Makes a webhook, when its URL has answered its check.
    ///
    /// - Parameters:
    ///   - url: http or https.
    ///   - events: What it is told of.
    ///   - sources: Whose changes.
    ///   - audience: The audience's id.
    ///   - now: Unix time in seconds.
    ///   - checks: Whether the URL has to answer a GET.
    /// - Returns: With the secret, which is never shown again.
    /// - Throws: ``WebhookError``, `AudienceError`, `StoreError`.
    public func create(
        url: String,
        events: Set<ChangeKind>,
        sources: Set<ChangeSource>,
        in audience: String,
        now: Int64 = currentUnixTime(),
        checks: Bool = true
    ) async throws -> AudienceWebhook {
        let open = try open(audience)
        var webhook = AudienceWebhook(
            id: Hexadecimal.random(digits: 10),
            audience: audience,
            url: url,
            events: events,
            sources: sources,
            secret: .newSigningSecret(),
            begins: 0,
            created: now
        )
        let endpoint = try endpoint(of: webhook, open.epochs)
        if checks { try await configuration.check(url) }
        return try await turns.take {
            if let missing = missing(audience) { throw missing }
            webhook.begins = try open.reading.lastChange()
            try catalogue.save(webhook)
            open.feed.tell(try catalogue.all(of: audience))
            deliverer.add(endpoint, of: open.book)
            return webhook
        }
    }

    /// Changes where a webhook is told, and of what; what is nil stays as it is.
    ///
    /// What it has not had yet goes to the new URL.
    ///
    /// - Throws: ``WebhookError``, `StoreError`.
    public func change(
        _ id: String,
        url: String? = nil,
        events: Set<ChangeKind>? = nil,
        sources: Set<ChangeSource>? = nil
    ) async throws -> AudienceWebhook {
        guard let before = try catalogue.webhook(id) else { throw WebhookError.unknown(id) }
        if let url, url != before.url { try await configuration.check(url) }
        return try await turns.take {
            guard var webhook = try catalogue.webhook(id) else { throw WebhookError.unknown(id) }
            let isMoved = url.map { $0 != webhook.url } ?? false
            webhook.url = url ?? webhook.url
            webhook.events = events ?? webhook.events
            webhook.sources = sources ?? webhook.sources
            let open = try open(webhook.audience)
            let endpoint = try endpoint(of: webhook, open.epochs)
            // What was delivered and does not stand in the ledger would be sent again, to the new URL.
            if isMoved, let stall = open.book.stall { throw stall }
            try catalogue.save(webhook)
            open.feed.tell(try catalogue.all(of: webhook.audience))
            if isMoved, webhook.state == .enabled {
                await deliverer.remove(endpoint: id)
                await open.book.flush()
                deliverer.add(endpoint, of: open.book)
            }
            return webhook
        }
    }

    /// Tells a webhook nothing any more, and gives up what it has not had.
    ///
    /// - Returns: As it is then.
    /// - Throws: ``WebhookError`` with `unknownWebhook`, `StoreError`.
    @discardableResult
    public func disable(
        _ id: String,
        reason: String,
        now: Int64 = currentUnixTime()
    ) async throws -> AudienceWebhook {
        try await turns.take {
            guard var webhook = try catalogue.webhook(id) else { throw WebhookError.unknown(id) }
            if webhook.state == .enabled {
                webhook.state = .disabled(reason: reason, at: now)
                try catalogue.save(webhook)
            }
            try await stop(webhook, now: now)
            return webhook
        }
    }

    /// Tells a webhook again, of what changes from now on.
    ///
    /// - Throws: ``WebhookError`` with `unknownWebhook`, `StoreError`.
    public func enable(_ id: String, now: Int64 = currentUnixTime()) async throws {
        try await turns.take {
            guard var webhook = try catalogue.webhook(id) else { throw WebhookError.unknown(id) }
            if webhook.state == .enabled { return }
            let open = try open(webhook.audience)
            // A death in the middle of disabling it may have left some.
            try await open.book.cancel(endpoint: id, .endpointDisabled, unixTime: now)
            webhook.state = .enabled
            webhook.begins = try open.reading.lastChange()
            try catalogue.save(webhook)
            open.feed.tell(try catalogue.all(of: webhook.audience))
            deliverer.add(try endpoint(of: webhook, open.epochs), of: open.book)
        }
    }

    /// Forgets a webhook; what it was sent stays in the ledger.
    ///
    /// - Throws: ``WebhookError`` with `unknownWebhook`, `StoreError`.
    public func delete(_ id: String, now: Int64 = currentUnixTime()) async throws {
        try await turns.take {
            guard let webhook = try catalogue.webhook(id), try catalogue.remove(id) else {
                throw WebhookError.unknown(id)
            }
            try await stop(webhook, now: now)
        }
    }

    /// The webhooks of an audience, or of all, oldest first.
    ///
    /// - Throws: `StoreError`, `PayloadError` for a secret that does not open.
    public func all(of audience: String? = nil) throws -> [AudienceWebhook] { try catalogue.all(of: audience) }

    /// The webhook with an id; nil: there is none.
    ///
    /// - Throws: As ``all(of:)``.
    public func webhook(_ id: String) throws -> AudienceWebhook? { try catalogue.webhook(id) }

    /// What lanes looked like a moment ago, by the webhook's id; one that is disabled has none.
    public var lanes: [String: LaneSnapshot] { deliverer.lanes }

    /// What became of the attempts of this process, counted over all webhooks.
    public var totals: AttemptTotals { deliverer.totals }

    /// How long outcomes waited for the commits of their ledgers, by the audience's id.
    public var commitTimes: [String: DurationCounts] {
        Dictionary(audiences.all.map { ($0.id, $0.book.commitTimes) }) { first, _ in first }
    }

    /// Requests can be sent: its loop has not failed.
    public var isSending: Bool { !deliverer.isOver }

    /// Has all webhooks stand still, or takes that back: they go on when nothing else keeps them. `order` says whose word
    /// it is.
    public func pause(_ isPaused: Bool, by order: PauseReasons = .byOperator) {
        deliverer.pause(isPaused, by: order)
        if pauses.isEmpty { for open in audiences.all { open.journeys.wake() } }
    }

    /// Whose word has all webhooks stand still; empty: they are sent.
    public var pauses: PauseReasons { deliverer.pauses }
    /// All webhooks stand still, until somebody says otherwise.
    public var isPaused: Bool { !pauses.isEmpty }

    /// Ends it in good order: what is in flight is waited for, and what became of it is written down.
    public func close() async {
        isClosed.withLockedValue { $0 = true }
        for open in audiences.all { open.journeys.close() }
        await withCheckedContinuation { continuation in
            BlockingWork.run { [deliverer] in
                deliverer.close()
                continuation.resume()
            }
        }
        for open in audiences.all { await open.close() }
    }

    // MARK: Inside

    private func stop(_ webhook: AudienceWebhook, now: Int64) async throws {
        let open = try open(webhook.audience)
        open.feed.tell(try catalogue.all(of: webhook.audience))
        await deliverer.remove(endpoint: webhook.id)
        // What it was sent last stands in the ledger before the rest is cancelled.
        await open.book.flush()
        if let stall = open.book.stall { throw stall }
        try await open.book.cancel(endpoint: webhook.id, .endpointDisabled, unixTime: now)
    }

    /// Disables a webhook for what its loop says; tried until it is noted.
    private func retire(_ id: String, _ why: EventEndpoint.Retirement) async {
        if let place = Journey.place(of: id) {
            return faults.withLockedValue { $0.onRefusal }?(place.journey, "the point \(place.point): \(why.text)")
                ?? ()
        }
        var logger = configuration.delivery.logger
        logger[metadataKey: "webhook"] = "\(id)"
        while !isClosed.withLockedValue({ $0 }) {
            do {
                configuration.onRetirement(try await disable(id, reason: why.text), why.text)
                return logger.warning("webhook disabled", metadata: ["reason": "\(why.text)"])
            } catch let error as WebhookError {
                // It was deleted meanwhile.
                return logger.info("webhook is gone", metadata: ["reason": "\(error)"])
            } catch {
                logger.error("webhook could not be disabled: trying again", metadata: ["error": "\(error)"])
            }
            do { try await Task.sleep(for: .seconds(1)) } catch { return }
        }
    }
}

extension EventEndpoint.Retirement {
    /// Why, for a person.
    var text: String {
        switch self {
        case .gone: "the receiver answered 410: it is gone"
        case .refusesAll: "the receiver refused the first deliveries"
        case .failing(let count): "\(count) deliveries in a row were given up"
        case .unreachable(let hours): "the receiver has answered nothing for \(hours) hours"
        }
    }
}
