import FanfareAudience
import FanfareCampaigns
import FanfareDelivery
import FanfareStore
import Foundation
import GRDB

extension Installation {
    /// What became uncertain in a data directory that was restored.
    struct RestoredState {
        var paused: [String] = []
        var deliveries: Int64 = 0
        var events: Int64 = 0
        var holdsWebhooks = false
    }

    /// Pauses all that is unfinished, makes what may have been sent uncertain, and draws a new installation id. For a
    /// data directory that nobody uses yet; after it the installation must be opened anew.
    ///
    /// - Throws: `DeliveryError` for a ledger that contradicts itself, `StoreError`.
    func settleRestored(_ manifest: BackupManifest) throws -> RestoredState {
        let now = Int64(Date().timeIntervalSince1970)
        var state = RestoredState()
        let records = try fanOuts().all()
        let unfinished = records.filter { $0.state != .ended }
        for record in unfinished { state.deliveries += try holdDeliveries(of: record) }
        // Also says whether this version can read it.
        for record in records where record.state == .ended && Durability.fileExists(ledger(of: record).path) {
            _ = try ledger(of: record).progress()
        }
        for entry in try audiences.all() { state.events += try holdEvents(of: entry.id, now: now) }
        if Durability.fileExists(directory.batchEventsPath) {
            let last = try BatchBook(path: directory.batchesPath).lastCompletion()
            let path = directory.batchEventsPath
            state.events += try RestoredEvents.hold(path, of: id, through: last, unixTime: now)
        }
        try Restoration.schema.migrate(catalogue)
        let starts = try DaemonStarts(catalogue)
        try starts.end(now: now)
        let fanOuts = try self.fanOuts()
        state.holdsWebhooks = try catalogue.write { db in
            try db.execute(
                sql: "UPDATE fan_out SET installation = ? WHERE installation IS NULL",
                arguments: [id]
            )
            for record in unfinished {
                var orders = try FanOutCatalogue.orders(for: record.id, in: db)
                if orders.isPaused || orders.isCancelled { continue }
                orders.pausedAt = now
                try fanOuts.save(orders, for: record.id, db)
            }
            try db.execute(sql: "UPDATE installation SET value = randomblob(16) WHERE key = 'id'")
            var holds = state.events > 0
            // Whoever is on a journey stays where it is as long as no webhook is sent.
            for table in ["audience_webhook", "journey"] where try db.tableExists(table) {
                holds = try holds || Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM \(table))") ?? false
            }
            try Restoration(restoredAt: now, madeAt: manifest.madeAt, holdsWebhooks: holds).save(db)
            return holds
        }
        state.paused = unfinished.map(\.name)
        return state
    }

    private func holdDeliveries(of record: FanOutRecord) throws -> Int64 {
        let ledger = ledger(of: record)
        guard Durability.fileExists(ledger.path), try ledger.isFrozen() else {
            if record.state.isFrozen { throw JobRunError.ledgerMissing(record, ledger) }
            return 0
        }
        try ledger.check()
        return try ledger.recover(.hold)
    }

    private func holdEvents(of audience: String, now: Int64) throws -> Int64 {
        let path = directory.eventsPath(audience)
        let contacts = directory.audiencePath(audience)
        var last: Int64 = 0
        if Durability.fileExists(contacts) {
            // Also says whether this version can use it.
            last = try Audience(path: contacts, id: audience, mode: .mustExist).lastChange()
        }
        guard Durability.fileExists(path) else { return 0 }
        return try RestoredEvents.hold(path, of: id, through: last, unixTime: now)
    }
}
