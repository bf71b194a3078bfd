import FanfareTesting
import Foundation
import GRDB
import NIOConcurrencyHelpers
import Testing

@testable import Fanfare

@Suite("Backups are whole, or are none")
struct BackupTests {
    @Test("a backup holds every database and the key, for its owner alone, and is not made twice into one folder")
    func holdsAll() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try BackupFixture(folder)
            let audience = try { () throws -> String in
                let installation = try Installation.own(fixture.data)
                let id = try fixture.makeAudience(in: installation).0
                // A file that this version knows nothing of is part of it all the same.
                _ = try DatabaseFile.open(fixture.data + "/other.sqlite", mode: .create)
                let summary = try fixture.back(up: installation)
                #expect(summary.files == 4 && summary.hasKey)
                return id
            }()
            let manager = FileManager.default
            let names = try manager.subpathsOfDirectory(atPath: fixture.backup).sorted()
            let files = ["audiences/\(audience).sqlite", "backup.json", "fanfare.sqlite", "key", "other.sqlite"]
            #expect(names == ["audiences"] + files)
            for name in [""] + names {
                let mode = try manager.attributesOfItem(atPath: fixture.backup + "/" + name)[.posixPermissions] as? Int
                #expect(mode == (name.isEmpty || name == "audiences" ? 0o700 : 0o600), "\(name)")
            }
            let again = #expect(throws: BackupError.self) { try fixture.back() }
            #expect(again?.code == .refused && again?.message.contains("holds a backup already") == true)
            let within = BackupOrder(folder: fixture.data + "/inside")
            let inside = #expect(throws: BackupError.self) {
                let installation = try Installation.own(fixture.data)
                _ = try Backup.make(of: installation.directory, within)
            }
            #expect(inside?.message.contains("within the data directory") == true)
        }
    }

    @Test("one that is ended in its middle leaves nothing; one whose process dies has no backup.json, and is refused")
    func interrupted() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try BackupFixture(folder)
            let installation = try Installation.own(fixture.data)
            _ = try fixture.makeAudience(in: installation)
            let order = BackupOrder(folder: fixture.backup)
            #expect(throws: CancellationError.self) {
                try Backup.make(of: installation.directory, order) { progress in
                    if progress.filesDone == 1 { throw CancellationError() }
                }
            }
            #expect(!FileManager.default.fileExists(atPath: fixture.backup))
            try fixture.back(up: installation)
            try FileManager.default.removeItem(atPath: fixture.backup + "/backup.json")
            let refused = #expect(throws: BackupError.self) { try fixture.restore() }
            #expect(refused?.code == .damaged && refused?.message.contains("no whole backup") == true)
            let taken = #expect(throws: BackupError.self) { try fixture.back(up: installation) }
            #expect(taken?.message.contains("is not empty") == true)
        }
    }

    @Test(
        "what is not as it was written is refused by its name, and nothing is left of the restore",
        arguments: ["flipped", "cut", "missing", "manifest", "key"]
    )
    func damaged(_ how: String) async throws {
        try await withTemporaryFolder { folder in
            let fixture = try BackupFixture(folder)
            let installation = try Installation.own(fixture.data)
            let audience = try fixture.makeAudience(in: installation).0
            try fixture.back(up: installation)
            var name = "audiences/\(audience).sqlite"
            switch how {
            case "flipped": try fixture.damage(name) { $0[$0.count / 2] ^= 4 }
            case "cut": try fixture.damage(name) { $0.removeLast(100) }
            case "missing": try FileManager.default.removeItem(atPath: fixture.backup + "/" + name)
            case "manifest":
                name = "backup.json"
                try fixture.damage(name) { $0[$0.count / 2] ^= 1 }
            default:
                name = "key"
                try fixture.damage(name) { $0[3] ^= 1 }
            }
            let refused = #expect(throws: BackupError.self) { try fixture.restore() }
            #expect(refused?.code == .damaged && refused?.message.contains(name) == true)
            let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            #expect(Set(left) == ["data", "backup"])
        }
    }

    @Test("a backup without the key wants it from elsewhere, and its secrets open with it")
    func withoutKey() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try BackupFixture(folder)
            let installation = try Installation.own(fixture.data)
            let audience = try fixture.makeAudience(in: installation).0
            try fixture.back(up: installation, withKey: false)
            #expect(!FileManager.default.fileExists(atPath: fixture.backup + "/key"))
            let refused = #expect(throws: BackupError.self) { try fixture.restore() }
            #expect(refused?.code == .refused && refused?.message.contains("--key") == true)
            _ = try Restore.run(from: fixture.backup, into: fixture.restored, key: fixture.data + "/key")
            let restored = try Installation.own(fixture.restored)
            let webhooks = try AudienceWebhookCatalogue(restored.catalogue, sealer: restored.sealer()).all(of: audience)
            #expect(webhooks.count == 1 && webhooks[0].secret != nil)
            let taken = #expect(throws: BackupError.self) {
                try Restore.run(from: fixture.backup, into: fixture.restored, key: fixture.data + "/key")
            }
            #expect(taken?.message.contains("is there already") == true)
        }
    }

    @Test("an owner that is asked answers at once, tells how far it is, and takes other orders meanwhile")
    func throughTheOwner() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try BackupFixture(folder)
            let installation = try Installation.own(fixture.data)
            _ = try fixture.makeAudience(in: installation)
            let daemon = try Daemon(installation)
            let link = ControlLink(dataDirectory: fixture.data)
            let summary = try await link.backUp(BackupOrder(folder: fixture.backup)) { _ in }
            #expect(summary.files == 6 && summary.folder == fixture.backup)
            let again = await #expect(throws: BackupError.self) {
                try await link.backUp(BackupOrder(folder: fixture.backup)) { _ in }
            }
            #expect(again?.code == .refused)
            let relative = daemon.answer(ControlRequest(.backup, backup: BackupOrder(folder: "here")))
            #expect(relative.refusal == .malformed)
            let unknown = daemon.answer(ControlRequest(.backupStatus, backup: BackupOrder(folder: "/nowhere")))
            #expect(unknown.refusal == .unknown)
            try await daemon.close()
        }
    }
}
