import FanfareAudience
public import FanfareCampaigns
public import FanfareControl
public import FanfareDelivery
public import FanfareJob
public import FanfareTransport
import Foundation
public import Logging
import NIOConcurrencyHelpers

/// What `fanfare serve` runs: an installation that others change through it, and that tells of the changes.
///
/// Any thread. It is ended in good order with ``close()``; what a death leaves is told at the next start.
public final class Daemon: Sendable {
    /// How it is set up.
    public struct Configuration: Sendable {
        /// Where connections may go.
        public var egress: EgressPolicy
        /// Which requests go through; nil: none.
        public var proxy: ForwardProxy?
        /// Who is told of webhooks that are disabled; nil: the log alone.
        public var notify: JobNotify?
        /// Told how it fares; never of a contact, payload or secret. Keeps silent unless given.
        public var logger = Logger(label: "fanfare") { _ in SwiftLogNoOpLogHandler() }

        /// - Parameter egress: Where connections may go.
        public init(egress: EgressPolicy = EgressPolicy()) { self.egress = egress }
    }

    /// The installation.
    public let installation: Installation
    /// Its audience webhooks at work.
    public let webhooks: AudienceWebhooks
    /// The customer journeys of its audiences at work.
    public let journeys: Journeys
    /// Operations that were asked for over HTTP, to be done one after the other.
    public let batches: BatchBook
    /// Told when a batch is finished.
    public let batchWebhooks: BatchWebhooks
    /// Links to the results of batches.
    public let batchLinks: BatchLinks
    /// It began with webhooks paused, as the two starts before it, within ten minutes, ended in deaths.
    public let startedPaused: Bool
    /// Its campaigns and their touchpoints.
    public let campaigns: CampaignDesk
    /// Who changed what.
    public let audit: AuditLog
    let configuration: Configuration
    let desk: ControlDesk
    let jobs: DaemonJobs
    let imports: DaemonImports
    /// Who follows orders that are not for this module.
    private let handlers = NIOLockedValueBox<[ControlRequest.Command: ControlServer.Handler]>([:])
    /// The same of orders that take their time.
    private let lateHandlers = NIOLockedValueBox<[ControlRequest.Command: LateHandler]>([:])
    private let starts: DaemonStarts
    private let notifier: Notifier?
    private let server = NIOLockedValueBox<ControlServer?>(nil)
    private let housekeeping: Housekeeping

    /// Begins to tell of what has changed, and to take orders on the data directory's socket.
    ///
    /// - Parameters:
    ///   - installation: Owned by this process.
    ///   - configuration: Where connections may go, and who is told how it fares.
    /// - Throws: `StoreError`, `AudienceError`, `TransportError`, `PayloadError`.
    public init(_ installation: Installation, _ configuration: Configuration = Configuration()) throws {
        (self.installation, self.configuration) = (installation, configuration)
        housekeeping = Housekeeping(logger: configuration.logger)
        let isHeld = try installation.restoration()?.holdsWebhooks ?? false
        desk = try ControlDesk(installation)
        notifier = try configuration.notify.map {
            try Notifier($0, egress: configuration.egress, logger: configuration.logger)
        }
        batches = try BatchBook(path: installation.directory.batchesPath)
        batchLinks = BatchLinks(secret: try installation.directory.sealingKey())
        audit = try AuditLog(installation.catalogue, logger: configuration.logger)
        starts = try DaemonStarts(installation.catalogue)
        startedPaused = try starts.begin()
        do {
            webhooks = try installation.audienceWebhooks(
                egress: configuration.egress,
                proxy: configuration.proxy,
                // Nothing goes out before all has begun: who fails at that, again and again, would send it each time.
                startsPaused: true,
                logger: configuration.logger,
                onRetirement: { [notifier] in notifier?.tell(WebhookNotice(disabled: $0, reason: $1)) },
                onJourneyPause: { [notifier] in notifier?.tell(JourneyNotice(paused: $0, reason: $1)) }
            )
            journeys = try Journeys(webhooks, catalogue: installation.catalogue)
            batchWebhooks = try installation.batchWebhooks(batches, batchLinks, configuration, notifier)
        } catch {
            // Not a death over what it sends.
            try starts.end()
            throw error
        }
        do {
            jobs = try DaemonJobs(installation, desk, configuration)
            imports = DaemonImports(installation, webhooks, logger: configuration.logger)
            installation.write { [webhooks] in try webhooks.writing($0) }
            // Before anybody can ask how one of them stands.
            try jobs.goOn()
            campaigns = try CampaignDesk(jobs, desk)
            let tick: @Sendable () -> Void = { [desk] in desk.tick() }
            let late: ControlServer.LateHandler = { [weak self] in self?.lateAnswer(to: $0) }
            let control = try ControlServer(installation.directory, tick: tick, late: late) { [weak self] request in
                self?.answer(request) ?? ControlAnswer("the daemon is just ending", refusal: .ending)
            }
            server.withLockedValue { $0 = control }
        } catch {
            try starts.end()
            throw error
        }
        let logger = configuration.logger
        installation.onCampaignEnd { [weak webhooks = self.webhooks] audience in
            do {
                try webhooks?.pull(audience)
            } catch {
                // It stands in the log, and is told with the next change.
                logger.error("an ended fan-out is not told yet", metadata: ["error": "\(error)"])
            }
        }
        desk.alsoStop { [webhooks, batchWebhooks] in
            [webhooks.lanes, batchWebhooks.lanes].joined().reduce(0) { $0 + $1.value.inFlight }
        } _: { [webhooks, batchWebhooks] isStopped in
            webhooks.pause(isStopped, by: .everythingStopped)
            batchWebhooks.pause(isStopped, by: .everythingStopped)
        }
        if !startedPaused {
            // Fan-outs of before a backup that was restored are paused one by one.
            jobs.release()
            if !isHeld { pauseAll(false) }
        }
        housekeeping.begin(for: self)
    }

    /// The fan-outs that send, of jobs that were handed over.
    public var fanOuts: [RunningFanOut] { jobs.running }

    /// Ends it in good order: orders are taken no longer, what is in flight is waited for. Fan-outs that are unfinished
    /// are gone on with at the next start.
    ///
    /// - Throws: `StoreError` when that cannot be noted.
    public func close() async throws {
        // Before the socket is closed, so that whoever follows one of them hears how it was left.
        async let importsEnd: Void = imports.stop()
        await jobs.stop()
        campaigns.flush()
        await importsEnd
        let control = server.withLockedValue { server in
            defer { server = nil }
            return server
        }
        // It may be waiting for a task, which needs the thread that this one is on, or on one core the pool's only one.
        let waiting = DispatchQueue(label: "fanfare-closing")
        let closing = await withCheckedContinuation { continuation in
            waiting.async { continuation.resume(returning: Result { try control?.close() }) }
        }
        await withCheckedContinuation { continuation in
            waiting.async { [desk] in
                desk.close()
                continuation.resume()
            }
        }
        await housekeeping.close()
        journeys.close()
        await webhooks.close()
        audit.flush()
        await batchWebhooks.close()
        await notifier?.finish()
        try starts.end()
        try closing.get()
    }

    /// From now on orders of these kinds are another's to follow, on the control server's thread.
    public func take(_ commands: Set<ControlRequest.Command>, _ handler: @escaping ControlServer.Handler) {
        handlers.withLockedValue { handlers in
            for command in commands { handlers[command] = handler }
        }
    }

    /// What follows an order beside the control server's thread, and has an end whatever it waits for.
    public typealias LateHandler = @Sendable (ControlRequest) async -> ControlAnswer

    /// From now on orders of these kinds, which may wait for others, are another's to follow, each in a task of its own.
    public func takeLate(_ commands: Set<ControlRequest.Command>, _ handler: @escaping LateHandler) {
        lateHandlers.withLockedValue { handlers in
            for command in commands { handlers[command] = handler }
        }
    }

    /// Who follows an order of a kind that takes its time; nil: it is of another, or nobody does.
    func lateHandler(of command: ControlRequest.Command) -> LateHandler? {
        lateHandlers.withLockedValue { $0[command] }
    }

    /// Follows an order, notes it, and says what it did or why not. Blocks.
    func answer(_ request: ControlRequest) -> ControlAnswer {
        let answer = follow(request)
        if let entry = AuditEntry(of: request, answer) { audit.note(entry) }
        return answer
    }

    private func follow(_ request: ControlRequest) -> ControlAnswer {
        if let handler = handlers.withLockedValue({ $0[request.command] }) { return handler(request) }
        return switch request.command {
        case .edit: edit(request.contact)
        case .erase: erase(request.contact)
        case .suppress: suppress(request)
        case .pauseWebhooks: pauseWebhooks()
        case .resumeWebhooks: resumeWebhooks(request.restored)
        case .run: jobs.take(request.run)
        case .follow: jobs.status(of: request.ticket)
        case .importContacts: imports.take(request.importing)
        case .followImport: imports.status(of: request.ticket)
        case .stopImport: imports.stop(request.ticket)
        case .createKey, .revokeKey, .api: ControlAnswer("fanfare serve is just beginning", refusal: .ending)
        case .createWebhook, .enableWebhook, .disableWebhook, .deleteWebhook, .testWebhook: followForWebhook(request)
        case .status: status(request)
        case .resume: resume(request)
        case .cancel: cancel(request)
        case .pause, .set, .stopAll, .resumeAll, .backup, .backupStatus, .retention:
            desk.answer(request)
        }
    }

    private func pauseWebhooks() -> ControlAnswer {
        guard webhooks.isSending else {
            return ControlAnswer("webhooks cannot be sent any more; start fanfare serve again", refusal: .failed)
        }
        pauseAll(true)
        return ControlAnswer("webhooks are paused")
    }

    private func edit(_ order: ContactOrder?) -> ControlAnswer {
        guard let order else { return ControlAnswer("edit needs a contact", refusal: .malformed) }
        return ControlDesk.answering {
            let outcome = try waiting { [webhooks, installation] in
                let audience = try installation.audiences.audience(named: order.audience).id
                return try await webhooks.edit(order.edit, in: audience, by: .admin)
            }
            return ControlAnswer("", contact: outcome)
        }
    }
}

extension Installation {
    /// The audience webhooks of the installation at work, for its owner.
    ///
    /// - Parameters:
    ///   - egress: Where connections may go.
    ///   - proxy: Which requests go through; nil: none.
    ///   - startsPaused: Nothing is sent until it is told otherwise.
    ///   - logger: Told how it fares.
    ///   - onRetirement: Told of a webhook that was disabled because of what its receiver did, and why.
    ///   - onJourneyPause: Told of a journey that was paused without anybody's wish, and why.
    /// - Throws: `StoreError`, `AudienceError`, `TransportError`, `PayloadError`.
    public func audienceWebhooks(
        egress: EgressPolicy = EgressPolicy(),
        proxy: ForwardProxy? = nil,
        startsPaused: Bool,
        logger: Logger? = nil,
        onRetirement: @escaping @Sendable (AudienceWebhook, String) -> Void = { _, _ in },
        onJourneyPause: @escaping @Sendable (Journey, String) -> Void = { _, _ in }
    ) throws -> AudienceWebhooks {
        var delivery = EventDeliverer.Configuration(egress: egress, startsPaused: startsPaused)
        if let logger { delivery.logger = logger }
        var settings = AudienceWebhooks.Configuration(installation: id, delivery: delivery, proxy: proxy)
        settings.onRetirement = onRetirement
        settings.journeys.onPause = onJourneyPause
        settings.journeys.environment = ProcessInfo.processInfo.environment
        settings.journeys.planRefusal = { [weak self] in try self?.webhookRefusal() }
        _ = try suppression.addresses()
        settings.suppression = suppression
        return try AudienceWebhooks(
            directory: directory,
            catalogue: try AudienceWebhookCatalogue(catalogue, sealer: try sealer()),
            settings
        )
    }
}
