import Fanfare
import FanfareTesting

/// A job file, its contacts and a data directory, run as the program does.
struct JobUnderTest {
    let folder: TemporaryFolder

    var data: String { folder.path("data") }

    /// - Parameters:
    ///   - job: The job file without its first two lines.
    ///   - addresses: Its contacts, in `contacts.csv`.
    init(_ folder: TemporaryFolder, _ job: String, addresses: [String]) throws {
        self.folder = folder
        try folder.write("Email Address\n" + addresses.map { $0 + "\n" }.joined(), to: "contacts.csv")
        try folder.write("fanfare: 1\nname: tried\n" + job, to: "job.yaml")
    }

    /// Runs it to its end.
    func run() async throws -> FanOutEnd {
        let job = try JobFile.load(path: folder.path("job.yaml"), environment: ["TZ": "UTC"])
        let installation = try Installation.own(data)
        var run = try JobRun(job, in: installation, JobRun.Options())
        _ = try run.importContacts { _ in true }
        _ = try run.freeze()
        let engine = try DeliveryEngine(.init(egress: EgressPolicy(allowed: [try .init("127.0.0.0/8")])))
        let end = try await engine.start(run.plan().plan).end()
        engine.close()
        try run.settle(end)
        return end
    }

    /// What `fanfare deliveries` lists.
    func deliveries() throws -> [DeliveryRow] {
        let installation = try Installation.read(data)
        let record = try installation.fanOutRecords(named: "tried")[0]
        let listing = DeliveryListing(
            ledger: installation.ledger(of: record),
            audienceFile: installation.directory.audiencePath(record.audience),
            ids: installation.deliveryIDs(of: record)
        )
        var rows: [DeliveryRow] = []
        try listing.forEachPage(in: []) { rows += $0 }
        return rows
    }
}
