import FanfareAudience
public import FanfareControl
import FanfareDelivery
import FanfareStore
import Foundation
import GRDB

/// Makes a data directory of a backup, in which nothing is sent before the operator has looked.
///
/// It is made beside its place and takes it when all is done: one that was interrupted is in nobody's way. Nobody knows
/// what the installation that the backup is of has sent since, so every unfinished fan-out is paused, webhooks of
/// audiences stand still, and what was under way is uncertain. What begins here has ids of a new installation; what was
/// there keeps its ids, so that a receiver that keeps them drops what it has had.
public enum Restore {
    /// What a restore came to.
    public struct Summary: Sendable, Hashable, Codable {
        /// The data directory.
        public let data: String
        /// Unix seconds of the moment that the backup holds.
        public let madeAt: Int64
        /// How many files it has.
        public let files: Int
        /// The names of unfinished fan-outs, which are paused.
        public let paused: [String]
        /// Deliveries of these that may have been sent, and are uncertain.
        public let uncertainDeliveries: Int64
        /// Events of audience webhooks that may have been sent since the backup, and are uncertain.
        public let uncertainEvents: Int64
        /// Webhooks of audiences stand still.
        public let holdsWebhooks: Bool

        private enum CodingKeys: String, CodingKey {
            case data, madeAt = "made_at", files, paused, uncertainDeliveries = "uncertain_deliveries"
            case uncertainEvents = "uncertain_events", holdsWebhooks = "holds_webhooks"
        }
    }

    /// Restores a backup. Blocks.
    ///
    /// - Parameters:
    ///   - folder: The backup's.
    ///   - data: The data directory that is made of it: not there yet, or an empty folder.
    ///   - key: The key file, where the backup holds none; nil: what was sealed stays closed, which is refused unless the
    ///     backup has one.
    ///   - progress: Told after each file.
    /// - Throws: ``BackupError``: `damaged` names the file that is not as it was written; `StoreError`, `DeliveryError`
    ///   for a ledger that contradicts itself. Nothing is left then.
    public static func run(
        from folder: String,
        into data: String,
        key: String? = nil,
        progress: (BackupProgress) -> Void = { _ in }
    ) throws -> Summary {
        let manifest = try BackupManifest.read(from: folder)
        guard manifest.hasKey || key != nil else {
            throw BackupError(
                .refused,
                "\(folder) was made without the key that sealed secrets open with: say where it is with --key FILE"
            )
        }
        let draft = try RestoreDraft(data)
        do {
            try copy(manifest, from: folder, into: draft, progress)
            if let key, !manifest.hasKey { try draft.take(key: key) }
            let settled = try settle(draft, manifest)
            try draft.finish()
            return Summary(
                data: data,
                madeAt: manifest.madeAt,
                files: manifest.files.count,
                paused: settled.paused,
                uncertainDeliveries: settled.deliveries,
                uncertainEvents: settled.events,
                holdsWebhooks: settled.holdsWebhooks
            )
        } catch {
            draft.remove()
            throw error
        }
    }

    /// All files are closed again before the folder takes its place.
    private static func settle(_ draft: RestoreDraft, _ manifest: BackupManifest) throws -> Installation.RestoredState {
        let installation = try Installation.own(draft.path)
        let settled = try installation.settleRestored(manifest)
        try installation.catalogue.close()
        return settled
    }

    private static func copy(
        _ manifest: BackupManifest,
        from folder: String,
        into draft: RestoreDraft,
        _ progress: (BackupProgress) -> Void
    ) throws {
        var state = BackupProgress(files: manifest.files.count)
        state.bytes = manifest.files.reduce(0) { $0 + $1.bytes }
        for file in manifest.files {
            let source = folder + "/" + file.path
            guard Durability.fileExists(source) else { throw BackupError(.damaged, "\(source) is missing") }
            let copy = try draft.copy(source, as: file.path)
            guard copy.bytes == file.bytes else {
                throw BackupError(
                    .damaged,
                    "\(source) is damaged: it has \(copy.bytes) bytes, and had \(file.bytes) when it was written"
                )
            }
            guard copy.sha256 == file.sha256 else {
                throw BackupError(.damaged, "\(source) is damaged: it is not as it was written")
            }
            if file.path.hasSuffix(".sqlite") {
                do {
                    try DatabaseCheck.whole(draft.path + "/" + file.path)
                } catch let error as StoreError where error.code == .corrupt {
                    throw BackupError(.damaged, "\(source) is damaged: \(error.message)")
                }
            }
            state.filesDone += 1
            state.bytesDone += file.bytes
            progress(state)
        }
    }
}

/// A data directory that is being made beside its place.
final class RestoreDraft {
    let path: String
    private let place: String

    /// - Throws: ``BackupError`` with `refused` when the place is taken.
    init(_ place: String) throws {
        var place = place
        while place.count > 1, place.hasSuffix("/") { place.removeLast() }
        self.place = place
        path = place + ".restoring"
        if Durability.fileExists(place) {
            let entries = try? FileManager.default.contentsOfDirectory(atPath: place)
            guard entries?.isEmpty == true else {
                throw BackupError(
                    .refused,
                    "\(place) is there already, and a backup is restored into a new folder only"
                )
            }
        }
        guard mkdir(path, 0o700) == 0 else {
            if errno == EEXIST {
                throw BackupError(.refused, "\(path) is there: what an interrupted restore left, or another restore's")
            }
            throw StoreError(errno: errno, doing: "cannot make the folder \(path)")
        }
    }

    /// Copies a file into it, for good.
    ///
    /// - Returns: What was copied.
    func copy(_ source: String, as name: String) throws -> FileDigest {
        var folder = path
        for part in name.split(separator: "/").dropLast() {
            folder += "/" + part
            guard mkdir(folder, 0o700) == 0 || errno == EEXIST else {
                throw StoreError(errno: errno, doing: "cannot make the folder \(folder)")
            }
        }
        let file = try AtomicFile(path: path + "/" + name)
        let digest = try FileDigest(of: source) { piece in try piece.withUnsafeBytes { try file.write($0) } }
        try file.commit()
        return digest
    }

    func take(key: String) throws {
        let copied = try copy(key, as: "key")
        guard copied.bytes == 32 else {
            throw BackupError(.refused, "\(key) is no key file: it has \(copied.bytes) bytes, and a key has 32")
        }
    }

    /// Has it take its place.
    func finish() throws {
        try Durability.syncDirectory(ofFile: path + "/.")
        guard rename(path, place) == 0 else { throw StoreError(errno: errno, doing: "cannot make \(place)") }
        try Durability.syncDirectory(ofFile: place)
    }

    /// Removes what there is of it.
    func remove() {
        // What stays is told of by the next restore; the error that led here is what the caller must know.
        do { try FileManager.default.removeItem(atPath: path) } catch {}
    }
}
