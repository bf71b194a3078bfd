import Fanfare
import FanfareTesting
import Foundation
import GRDB

/// A job, its contact file and a data directory of a test's own.
struct RunFixture {
    let folder: TemporaryFolder
    /// The job's file without its name: every contact gets an empty POST.
    var job = """
        audience: {import: contacts.csv}
        webhook: {url: "http://127.0.0.1:9/", content_type: json, data: {to: "*|EMAIL|*"}}
        """

    init(_ folder: TemporaryFolder, contacts: [String] = ["a", "b", "c"]) throws {
        self.folder = folder
        try write(contacts: contacts)
    }

    var data: String { folder.path("data") }

    /// Writes the contact file: everybody is `NAME@example.com`, tagged `NAME`.
    func write(contacts names: [String]) throws {
        let rows = names.map { "\($0)@example.com,\($0)\n" }
        try folder.write("Email Address,TAGS\n" + rows.joined(), to: "contacts.csv")
    }

    @discardableResult
    func writeJob() throws -> String { try folder.write("fanfare: 1\nname: news\n" + job + "\n", to: "job.yaml") }

    func load() throws -> LoadedJob {
        try JobFile.load(path: try writeJob(), environment: ["TZ": "UTC"])
    }

    /// What one process does with the data directory, which it owns meanwhile.
    func process<Result>(_ body: (Installation) throws -> Result) throws -> Result {
        let installation = try Installation.own(data)
        return try withExtendedLifetime(installation) { try body(installation) }
    }

    /// The same, for work that waits.
    func process<Result>(_ body: (Installation) async throws -> Result) async throws -> Result {
        let installation = try Installation.own(data)
        let result = try await body(installation)
        withExtendedLifetime(installation) {}
        return result
    }

    func begin(
        _ installation: Installation,
        again: Bool = false,
        acceptChanges: Bool = false
    ) throws -> JobRun {
        var options = JobRun.Options()
        options.again = again
        options.acceptChanges = acceptChanges
        options.environment = ["TZ": "UTC"]
        return try JobRun(try load(), in: installation, options)
    }

    /// Goes through every step up to the plan, as the program does.
    func start(
        _ installation: Installation,
        again: Bool = false,
        acceptChanges: Bool = false
    ) throws -> (run: JobRun, plan: FanOutPlan) {
        var run = try begin(installation, again: again, acceptChanges: acceptChanges)
        _ = try run.importContacts { _ in true }
        _ = try run.freeze()
        return (run, try run.plan().plan)
    }

    /// The catalogue's latest record.
    func record() throws -> FanOutRecord { try Installation.read(data).fanOutRecords(named: "news")[0] }

    /// Every record there is; none while the catalogue is being made.
    func records() throws -> [FanOutRecord] {
        do {
            return try Installation.read(data).fanOutRecords(named: nil)
        } catch let error where error is StoreError || error is AudienceError {
            return []
        }
    }

    /// Changes the record as a death between two commits would have left it.
    func leave(_ change: (inout FanOutRecord) -> Void) throws {
        try process { installation in
            let catalogue = try installation.fanOuts()
            guard var record = try catalogue.latest(named: "news") else { return }
            change(&record)
            try catalogue.save(record)
        }
    }

    /// The addresses that a fan-out goes to, as its ledger and its audience together say.
    func recipients(_ record: FanOutRecord) throws -> [String] {
        let installation = try Installation.read(data)
        let contacts = try installation.ledger(of: record).openForReading().read { db in
            try Int64.fetchAll(db, sql: "SELECT contact FROM recipient ORDER BY contact")
        }
        let path = installation.directory.audiencePath(record.audience)
        let audience = try Audience(path: path, id: record.audience, mode: .readOnly)
        return try audience.database.read { db in
            try contacts.map { id in
                try String.fetchOne(db, sql: "SELECT email FROM contact WHERE id = ?", arguments: [id]) ?? "nobody"
            }
        }
    }
}
