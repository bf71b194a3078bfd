import FanfareAudience
public import FanfareControl
import FanfareDelivery
import FanfareJob
import FanfareStore
import Foundation
import NIOConcurrencyHelpers

extension ControlDesk {
    /// Follows an order, and says what it did or why not.
    public func answer(_ request: ControlRequest) -> ControlAnswer {
        switch request.command {
        case .status: return ControlAnswer("", fanOuts: liveStatus)
        case .stopAll: return stopAll(request.stop)
        case .resumeAll: return resumeAll()
        case .edit: return edit(request.contact)
        case .erase: return erase(request.contact)
        case .suppress: return suppress(request.suppression)
        case .retention: return keep(request.retention)
        case .backup: return backups.begin(request.backup)
        case .backupStatus: return backups.status(request.backup)
        case .pauseWebhooks, .resumeWebhooks:
            return ControlAnswer("no process sends webhooks: fanfare serve does", refusal: .unknown)
        case .createWebhook, .enableWebhook, .disableWebhook, .deleteWebhook, .testWebhook:
            return ControlAnswer(
                "a run owns the data directory, and no fanfare serve: webhooks are made and changed when it has ended",
                refusal: .unknown
            )
        case .run, .follow, .createKey, .revokeKey, .importContacts, .followImport, .stopImport, .api:
            return ControlAnswer("that is an order for fanfare serve, which does not run", refusal: .unknown)
        case .pause, .resume, .cancel, .set: break
        }
        guard let name = request.name else {
            return ControlAnswer("\(request.command.rawValue) needs the name of a fan-out", refusal: .malformed)
        }
        return turn.withLock {
            do {
                let record = try installation.fanOutRecords(named: name)[0]
                return try follow(request, record)
            } catch let error as JobRunError {
                return ControlAnswer(error.message, refusal: error.code == .unknownFanOut ? .unknown : .failed)
            } catch {
                return ControlAnswer("\(name): the order was not taken: \(error)", refusal: .failed)
            }
        }
    }

    private func follow(_ request: ControlRequest, _ record: FanOutRecord) throws -> ControlAnswer {
        if record.state == .ended {
            return ControlAnswer(Self.ended(record, request.command), refusal: .ended)
        }
        let orders = try catalogue.orders(for: record.id)
        if orders.isCancelled, request.command != .cancel {
            return ControlAnswer("\(record.name) is being cancelled, which cannot be taken back", refusal: .ended)
        }
        let here = current.withLockedValue { $0[record.id] }
        if case .ending = here?.phase {
            return ControlAnswer("\(record.name) is just ending; try again in a moment", refusal: .ending)
        }
        // A cancellation names what is wrong with the ledger when it goes through it.
        if here == nil, record.state.isFrozen, request.command != .cancel { try requireLedger(of: record) }
        let order = Order(record: record, before: orders, here: here)
        return switch request.command {
        case .pause: try pause(order)
        case .resume: try resume(order)
        case .cancel: try cancel(order)
        case .set: try set(order, request.change ?? .init())
        default: ControlAnswer("")
        }
    }

    /// Nothing is confirmed for a fan-out that nobody can go on with.
    private func requireLedger(of record: FanOutRecord) throws {
        let ledger = installation.ledger(of: record)
        guard try ledger.isFrozen() else { throw JobRunError.ledgerMissing(record, ledger) }
    }

    /// An order for one fan-out: what was ordered before, and what this process does with it, if anything.
    private struct Order {
        let record: FanOutRecord
        let before: FanOutOrders
        let here: Current?

        var name: String { record.name }

        var running: RunningFanOut? { here?.running }
    }

    private static var now: Int64 { Int64(Date().timeIntervalSince1970) }

    private func note(_ orders: FanOutOrders, _ order: Order) throws {
        try catalogue.save(orders, for: order.record.id)
        current.withLockedValue { $0[order.record.id]?.orders = orders }
    }

    /// Changes a contact where no daemon runs; the change log keeps what webhooks have to be told.
    private func edit(_ order: ContactOrder?) -> ControlAnswer {
        guard let order else { return ControlAnswer("edit needs a contact", refusal: .malformed) }
        do {
            let audience = try installation.openAudience(named: order.audience, makesIt: false)
            return ControlAnswer("", contact: try audience.edit(order.edit, by: .admin))
        } catch let error as AudienceError where error.code != .storage {
            return ControlAnswer(error.description, refusal: .invalid)
        } catch {
            return ControlAnswer("\(error)", refusal: .failed)
        }
    }

    // MARK: Pause and resume

    private func pause(_ order: Order) throws -> ControlAnswer {
        // It stops before that is noted: whatever becomes of the note, nothing more is sent.
        let isQuiet = order.running?.pause() ?? true
        if let since = order.before.pausedAt {
            return ControlAnswer("\(order.name) is paused already, since \(since.momentText)")
        }
        var orders = order.before
        orders.pausedAt = Self.now
        do {
            try note(orders, order)
        } catch {
            let what = order.running == nil ? "is not paused" : "is paused, but would go on after a restart"
            return ControlAnswer("\(order.name) \(what): that cannot be noted: \(error)", refusal: .failed)
        }
        guard let running = order.running else {
            let who = order.here == nil ? "No process runs it now; the next run of it" : "When its time comes it"
            return ControlAnswer("\(order.name) is paused. \(who) waits until it is resumed")
        }
        let inFlight = running.snapshot.lane.inFlight
        return ControlAnswer(
            "\(order.name) is paused: "
                + (inFlight == 0 ? "nothing is in flight" : "\(inFlight) in flight are finishing")
                + (isQuiet ? "" : "; the agent is busy and may still send for a moment")
        )
    }

    private func resume(_ order: Order) throws -> ControlAnswer {
        // Before anything is noted: what cannot be read is told while nothing is done yet.
        let rest = try uncertain(order)
        var orders = order.before
        orders.pausedAt = nil
        if order.before.isPaused { try note(orders, order) }
        let wasPaused = order.running?.resume() ?? false
        guard wasPaused || order.before.isPaused else {
            let why = stopSwitch.pulled.map { ", but everything is \($0): fanfare resume-all" } ?? ""
            return ControlAnswer("\(order.name) is not paused\(why)")
        }
        let fate =
            order.running != nil ? "goes on" : order.here != nil ? "starts at its time" : "goes on with its next run"
        return ControlAnswer("\(order.name) \(fate)\(rest)")
    }

    /// What becomes of those that may have been sent, where there are some: nobody sends them unasked.
    private func uncertain(_ order: Order) throws -> String {
        var counts = order.running?.snapshot.progress.counts
        if counts == nil, order.record.state.isFrozen {
            counts = try installation.ledger(of: order.record).progress().counts
        }
        guard let count = counts?[.uncertain], count > 0 else { return "" }
        return ". \(count) of its deliveries may have been sent, and are left uncertain: fanfare retry \(order.name) "
            + "--uncertain sends them again, when it has ended"
    }

    // MARK: Cancel

    private func cancel(_ order: Order) throws -> ControlAnswer {
        var orders = order.before
        orders.cancelledAt = order.before.cancelledAt ?? Self.now
        if !order.before.isCancelled { try note(orders, order) }
        guard order.here != nil else {
            let ended = try installation.finishCancellation(of: order.record, in: catalogue)
            guard let counts = ended.counts else {
                return ControlAnswer("\(order.name) is cancelled; nothing had been sent")
            }
            let uncertain = counts[.uncertain] > 0 ? ", \(counts[.uncertain]) uncertain" : ""
            return ControlAnswer(
                "\(order.name) is cancelled: \(counts[.delivered]) delivered, \(counts[.cancelled]) cancelled\(uncertain) "
                    + "of \(counts.total)"
            )
        }
        guard let running = order.running else {
            return ControlAnswer("\(order.name) is cancelled before it has begun to send")
        }
        running.cancel()
        let snapshot = running.snapshot
        let already = order.before.isCancelled ? " already" : ""
        return ControlAnswer(
            "\(order.name) is being cancelled\(already): \(snapshot.lane.inFlight) in flight are waited for, all else of "
                + "the \(snapshot.progress.counts.total - snapshot.progress.counts.final) that are not final is cancelled"
        )
    }

    // MARK: Set

    private func set(_ order: Order, _ change: SettingsChange) throws -> ControlAnswer {
        if change.isEmpty { return ControlAnswer("set needs a value to set", refusal: .malformed) }
        var orders = order.before
        orders.change = order.before.change.followed(by: change)
        orders.changedAt = Self.now
        let job = try order.here?.settings ?? storedSettings(order.record)
        let settings = orders.change.applied(to: job ?? DeliverySettings())
        let problems = job == nil ? orders.change.problems : settings.problems
        if !problems.isEmpty {
            let texts = problems.map(\.message).joined(separator: "; ")
            return ControlAnswer("\(order.name): nothing was set: \(texts)", refusal: .invalid)
        }
        try note(orders, order)
        var warning: String?
        if let running = order.running {
            var capped = settings
            warning = order.here?.cap(&capped)
            var live = orders.change
            if live.maxInFlight != nil { live.maxInFlight = capped.maxInFlight }
            try running.change(live)
        }
        let texts = change.keys.map { key in
            "\(key.rawValue) is \(key.text(in: settings))" + was(key, order, job)
        }
        let later = order.running == nil ? "; it holds from the next start" : ""
        return ControlAnswer(
            "\(order.name): \(texts.joined(separator: "; "))\(later)" + (warning.map { ". Warning: \($0)" } ?? "")
        )
    }

    /// What a key was until now, and where that came from; empty where nobody knows.
    private func was(_ key: SettingsChange.Key, _ order: Order, _ job: DeliverySettings?) -> String {
        guard let job else { return "" }
        let said = key.text(in: job)
        guard order.before.change.keys.contains(key), let at = order.before.changedAt else {
            return "; it was \(said), as the job file says"
        }
        let before = key.text(in: order.before.change.applied(to: job))
        return "; it was \(before), as set on \(at.momentText) (the job file says \(said))"
    }

    /// What the job of a fan-out that no process runs says; nil when it is not known: before the freeze, or where a
    /// variable or file that it refers to is missing here. Then the next start checks what was set.
    ///
    /// - Throws: `DeliveryError` for a ledger that is damaged, `StoreError`.
    private func storedSettings(_ record: FanOutRecord) throws -> DeliverySettings? {
        guard record.state.isFrozen else { return nil }
        let sealer = try installation.sealer()
        let text = try installation.ledger(of: record).job()
        do {
            let environment = ProcessInfo.processInfo.environment
            return try JobFile.decoded(text, name: "the stored job \(record.name)", environment: environment) {
                try sealer.open($0, for: "job")
            }.delivery
        } catch {
            return nil
        }
    }

    // MARK: Texts

    private static func ended(_ record: FanOutRecord, _ command: ControlRequest.Command) -> String {
        let when = record.endedAt.map { " on \($0.momentText)" } ?? ""
        let reason = record.stopReason.map { " (\($0))" } ?? ""
        let counts = record.counts.map { ": \($0[.delivered]) delivered of \($0.total)" } ?? ""
        return "\(record.name) has ended\(when)\(reason)\(counts). There is nothing left to \(command.rawValue)"
    }

    /// How what runs here stands.
    private var liveStatus: [LiveStatus] {
        current.withLockedValue { $0 }.values.sorted { $0.id < $1.id }.map { here in
            let settings = here.orders.change.applied(to: here.settings)
            guard let running = here.running else {
                return LiveStatus(preparing: here.id, isPaused: here.orders.isPaused, settings)
            }
            let snapshot = running.snapshot
            let pace = current.withLockedValue { current in
                current[here.id]?.meter.pace(at: snapshot.elapsed, count: snapshot.progress.counts.final) ?? 0
            }
            return LiveStatus(here.id, snapshot, perSecond: pace)
        }
    }
}

extension Int64 {
    /// Unix seconds as a moment that a person can read, in UTC.
    var momentText: String { Date(timeIntervalSince1970: TimeInterval(self)).formatted(.iso8601) }
}
