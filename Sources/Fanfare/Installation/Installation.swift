public import FanfareAudience
public import FanfareDelivery
public import FanfarePayload
public import FanfareStore
public import GRDB
import NIOConcurrencyHelpers

/// A data directory in use: its catalogue, its audiences, its fan-outs.
///
/// Any thread. The owner may change everything; a reader works beside an owner and changes nothing.
public final class Installation: Sendable {
    /// The directory.
    public let directory: DataDirectory
    /// The catalogue, `fanfare.sqlite`.
    public let catalogue: DatabaseQueue
    /// Its audiences.
    public let audiences: AudienceCatalogue
    /// Drawn when the directory was made, or restored from a backup; part of every `webhook-id` of what begins here.
    public let id: String
    /// Addresses that are never contacted again.
    public let suppression: SuppressionList
    private let isRunning = NIOLockedValueBox(false)
    /// Held by whoever takes up a fan-out beside others, or forgets old ones: a fan-out that is begun names its audience
    /// a moment after that is there.
    let takingUp = NIOLock()
    /// What whoever serves the installation has asked for.
    let links = NIOLockedValueBox(Links())

    /// Functions of whoever serves an installation. In a structure, as one that is read out of a box by itself comes back
    /// wrapped once more with each reading.
    struct Links {
        /// Told of audiences in whose change logs an end was noted.
        var onCampaignEnd: (@Sendable (String) -> Void)?
        /// Opens an audience to be written beside others.
        var writers: (@Sendable (String) throws -> Audience)?
    }

    /// Takes ownership of a data directory, and makes it when it is missing. What deaths left behind is removed.
    ///
    /// - Throws: `StoreError`, `inUse` with the owner's pid when another process owns it.
    public static func own(_ path: String) throws -> Installation {
        let directory = try DataDirectory(path: path, access: .own)
        let catalogue = try DatabaseFile.open(directory.cataloguePath, mode: .create)
        let installation = try Installation(directory, catalogue)
        try installation.removePrunedLedgers()
        try installation.removeOrphanedAudiences()
        try installation.removeDeletedAudiences()
        installation.finishErasures(isQuiet: true)
        ScratchFolder.removeLeftovers(of: path)
        return installation
    }

    /// Takes ownership of a data directory for what is to be done with one of its fan-outs. A name that it has not is
    /// told also while another process owns it.
    ///
    /// - Parameters:
    ///   - path: The directory's.
    ///   - name: The fan-out's.
    /// - Throws: ``JobRunError`` with `unknownFanOut`, and as ``own(_:)``, but for a directory that is not there.
    public static func own(_ path: String, toChange name: String) throws -> Installation {
        _ = try read(path).fanOutRecord(named: name)
        return try own(path)
    }

    /// Opens a data directory to look at it.
    ///
    /// - Throws: `StoreError`, `notFound` when there is none.
    public static func read(_ path: String) throws -> Installation {
        let directory = try DataDirectory(path: path, access: .read)
        let catalogue = try DatabaseFile.open(directory.cataloguePath, mode: .readOnly)
        return try Installation(directory, catalogue)
    }

    private init(_ directory: DataDirectory, _ catalogue: DatabaseQueue) throws {
        self.directory = directory
        self.catalogue = catalogue
        audiences = try AudienceCatalogue(catalogue, access: directory.access)
        suppression = SuppressionList(catalogue, in: directory)
        id = Hexadecimal.text(try audiences.installationID())
    }

    /// From now on stored audiences are written over the connections that these are: two that wrote one file would wait
    /// for each other's locks, and the one that looks for a lock now and then might never find it free.
    func write(through writers: @escaping @Sendable (String) throws -> Audience) {
        links.withLockedValue { $0.writers = writers }
    }

    /// Whether a daemon has the audiences at work.
    var isServed: Bool { links.withLockedValue { $0.writers != nil } }

    /// The connection over which others write an audience too; nil: nobody does.
    func sharedWriter(of audience: String) throws -> Audience? { try links.withLockedValue { $0.writers }?(audience) }

    /// Where the rejected rows of a job's contact file go: whole characters of its name, within 150 of the 255 bytes
    /// that file systems take.
    ///
    /// - Parameters:
    ///   - job: The job's name.
    ///   - directory: The data directory.
    public static func rejectsPath(ofJob job: String, in directory: String) -> String {
        var name = ""
        for character in job.replacing("/", with: "_") {
            guard name.utf8.count + character.utf8.count <= 150 else { break }
            name.append(character)
        }
        return "\(directory)/\(name).rejects.csv"
    }

    /// Makes sure that no daemon goes on with a fan-out that this process runs to its end itself.
    ///
    /// - Throws: `StoreError`.
    public func takeFromDaemon(_ fanOut: String) throws { try HandedJobs.remove(fanOut: fanOut, from: catalogue) }

    /// Takes leave to run a fan-out: two that settled the same catalogue would undo each other's word.
    ///
    /// - Throws: ``JobRunError`` with `busy`.
    func beginRun() throws {
        let wasRunning = isRunning.withLockedValue { isRunning in
            defer { isRunning = true }
            return isRunning
        }
        if wasRunning {
            let place = directory.path
            throw JobRunError(.busy, "a fan-out is under way in \(place) already: wait for its end, or stop it")
        }
    }

    /// A fan-out is under way in this process.
    var runsFanOut: Bool { isRunning.withLockedValue { $0 } || directory.announcesFanOuts }

    func endRun() { isRunning.withLockedValue { $0 = false } }

    /// The fan-outs, for the owner.
    public func fanOuts() throws -> FanOutCatalogue { try FanOutCatalogue(catalogue) }

    /// The ledger of a fan-out.
    public func ledger(of record: FanOutRecord) -> Ledger {
        Ledger(path: directory.fanoutPath(record.id), leastCommits: record.ledgerCommits ?? 0)
    }

    /// Whether a fan-out ended before it was fixed who receives: it never had a ledger.
    public func endedUnchosen(_ record: FanOutRecord) -> Bool {
        record.state == .ended && record.prunedAt == nil && record.startedAt == nil
            && !Durability.fileExists(directory.fanoutPath(record.id))
    }

    /// Makes the ids of a fan-out's deliveries.
    public func deliveryIDs(of record: FanOutRecord) -> DeliveryIDSeries {
        DeliveryIDSeries(installation: record.installation ?? id, fanOut: record.identity, run: Int(record.run))
    }

    /// Seals and opens secrets that stand in ledgers and catalogue.
    public func sealer() throws -> SecretSealer { try SecretSealer(key: directory.sealingKey()) }

    /// The latest run of a name; without a name every run of all, newest first.
    ///
    /// - Throws: ``JobRunError`` with `unknownFanOut`, `StoreError`.
    public func fanOutRecords(named name: String?) throws -> [FanOutRecord] {
        let all = try catalogue.read { try FanOutCatalogue.all(in: $0) }
        guard let name else { return all }
        guard let latest = all.filter({ $0.name == name }).max(by: { $0.run < $1.run }) else {
            throw JobRunError.unknownFanOut(name, known: all.map(\.name))
        }
        return [latest]
    }

    /// One run of a name: the latest unless told otherwise.
    ///
    /// - Throws: ``JobRunError`` with `unknownFanOut`, `StoreError`.
    public func fanOutRecord(named name: String, run: Int64? = nil) throws -> FanOutRecord {
        guard let run else { return try fanOutRecords(named: name)[0] }
        let runs = try fanOutRecords(named: nil).filter { $0.name == name }
        // Also says that there is none of that name.
        let latest = try fanOutRecords(named: name)[0]
        guard let record = runs.first(where: { $0.run == run }) else {
            let message = "\(name) has no run \(run); it has " + (latest.run == 1 ? "run 1" : "1 … \(latest.run)")
            throw JobRunError(.unknownFanOut, message)
        }
        return record
    }

    /// Opens a stored audience: for writing as the owner, else to look at it.
    ///
    /// - Parameters:
    ///   - name: Its name or id.
    ///   - makesIt: Whether one is made when there is none of that name.
    /// - Throws: `AudienceError` with `unknownAudience`, naming the nearest.
    public func openAudience(named name: String, makesIt: Bool) throws -> Audience {
        let entry = try makesIt ? audiences.findOrAdd(named: name) : audiences.audience(named: name)
        let mode: DatabaseFile.Mode = directory.access == .own ? .create : .readOnly
        // Known from now on, also to who keeps the audience alone.
        if mode == .create { _ = try suppression.addresses() }
        return try Audience(
            path: directory.audiencePath(entry.id),
            id: entry.id,
            mode: mode,
            suppression: suppression
        )
    }
}

extension AudienceCatalogue {
    /// The stored audience of that name, noted anew when there is none.
    func findOrAdd(named name: String) throws -> Entry {
        do {
            return try audience(named: name)
        } catch {
            guard error.code == .unknownAudience else { throw error }
        }
        return try add(name: name, owner: nil)
    }
}
