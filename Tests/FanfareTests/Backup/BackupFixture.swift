import Fanfare
import FanfareTesting
import Foundation
import GRDB

/// A data directory with an audience, a webhook that nobody reaches, and a fan-out, for backups.
struct BackupFixture {
    let folder: TemporaryFolder
    var data: String { folder.path("data") }
    var backup: String { folder.path("backup") }
    var restored: String { folder.path("restored") }

    init(_ folder: TemporaryFolder) throws { self.folder = folder }

    /// Makes an audience `customers` with a webhook that listens to everything.
    ///
    /// - Returns: The audience's id, and the webhook's.
    func makeAudience(in installation: Installation, _ contacts: [String] = ["ada", "bob"]) throws -> (String, String) {
        let audience = try installation.openAudience(named: "customers", makesIt: true)
        for contact in contacts {
            _ = try audience.edit(.init(.address("\(contact)@example.com"), .mustBeNew), by: .admin)
        }
        let webhook = AudienceWebhook(
            id: "0123456789",
            audience: audience.id,
            url: "http://127.0.0.1:9/hook",
            events: Set(ChangeKind.allCases),
            sources: Set(ChangeSource.allCases),
            secret: .newSigningSecret(),
            begins: 0,
            created: 1
        )
        let catalogue = try AudienceWebhookCatalogue(installation.catalogue, sealer: installation.sealer())
        try catalogue.save(webhook)
        return (audience.id, webhook.id)
    }

    /// Makes a backup of what is there, without an owner.
    @discardableResult
    func back(up installation: Installation? = nil, withKey: Bool = true) throws -> BackupSummary {
        let owned = try installation ?? Installation.own(data)
        return try withExtendedLifetime(owned) {
            try Backup.make(of: owned.directory, BackupOrder(folder: backup, withKey: withKey))
        }
    }

    @discardableResult
    func restore() throws -> Restore.Summary { try Restore.run(from: backup, into: restored) }

    /// One number out of a file.
    func number(_ path: String, _ sql: String) throws -> Int64 {
        let database = try DatabaseFile.open(path, mode: .readOnly)
        return try database.read { try Int64.fetchOne($0, sql: sql) ?? -1 }
    }

    /// The bytes of a file of the backup, changed.
    func damage(_ name: String, _ change: (inout Data) -> Void) throws {
        let url = URL(fileURLWithPath: backup + "/" + name)
        var bytes = try Data(contentsOf: url)
        change(&bytes)
        try bytes.write(to: url)
    }
}
