import Crypto
import FanfareDelivery
import FanfareJob
import FanfareStore
import Foundation

/// What tells whether a job or its contact file changed since its fan-out began.
struct JobMarks {
    /// Of everything the job says.
    let job: String
    /// SHA-256 of the contact file in hex; empty for a stored audience, `missing` when the file is gone.
    let contacts: String

    init(_ job: JobFile, _ installation: Installation) throws {
        self.job = job.fingerprint(key: try installation.directory.sealingKey())
        contacts = try job.audience.file.map { try Self.digest($0.resolvedPath) } ?? ""
    }

    /// Those of a fan-out that goes on with its job as it is stored.
    init(of record: FanOutRecord) { (job, contacts) = (record.jobFingerprint, record.contactsFingerprint) }

    private static func digest(_ path: String) throws -> String {
        guard let file = FileHandle(forReadingAtPath: path) else { return "missing" }
        defer { file.closeFile() }
        var hasher = SHA256()
        while let chunk = try file.read(upToCount: 1 << 20), !chunk.isEmpty { hasher.update(data: chunk) }
        return Hexadecimal.text(hasher.finalize())
    }
}
