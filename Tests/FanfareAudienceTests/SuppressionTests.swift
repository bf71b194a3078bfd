import FanfareAudience
import FanfareStore
import FanfareTesting
import Foundation
import GRDB
import Testing

/// Addresses that are never contacted again.
@Suite struct SuppressionTests {
    private let folder: FixtureFolder
    private let directory: DataDirectory
    private let catalogue: DatabaseQueue

    init() throws {
        folder = try FixtureFolder()
        directory = try DataDirectory(path: folder.path + "/data", access: .own)
        catalogue = try DatabaseFile.open(directory.cataloguePath, mode: .create)
    }

    private func audience(_ list: SuppressionList?) throws -> Audience {
        try Audience(path: directory.audiencePath("a"), id: "a", mode: .create, suppression: list)
    }

    @Test func `an address is found however it is spelled, after a restart too, and nobody is on an empty list`() throws
    {
        let list = SuppressionList(catalogue, in: directory)
        #expect(try list.addresses() == nil)
        #expect(try list.add(["Ada@Example.com", "bob@example.com", "ada@example.com"]) == 2)
        #expect(try list.addresses()?.contains("ADA@example.COM") == true)
        #expect(try list.addresses()?.contains("eve@example.com") == false)
        let again = SuppressionList(catalogue, in: directory)
        #expect(again.known == nil)
        #expect(try again.addresses()?.contains("bob@example.com") == true && again.known != nil)
        #expect(try list.remove(["BOB@example.com", "nobody@example.com"]) == 1)
        #expect(try list.addresses()?.contains("bob@example.com") == false)
        #expect(try list.remove(["ada@example.com"]) == 1 && list.known == nil)
        let bad = #expect(throws: AudienceError.self) { try list.add(["fine@example.com", "none"]) }
        #expect(bad?.code == .invalidAddress)
        #expect(try list.entries().isEmpty, "all of an order or nothing of it")
    }

    @Test func `the list alone tells nobody who is on it, and is refused under another key`() throws {
        let list = SuppressionList(catalogue, in: directory)
        try list.add(["ada@example.com"])
        let entries = try list.entries()
        #expect(entries.count == 1 && entries[0].hash.utf8.count == 32 && entries[0].reason == .asked)
        // The same address under another key has another hash.
        let other = try DataDirectory(path: folder.path + "/other", access: .own)
        let catalogueThere = try DatabaseFile.open(other.cataloguePath, mode: .create)
        let elsewhere = SuppressionList(catalogueThere, in: other)
        try elsewhere.add(["ada@example.com"])
        #expect(try elsewhere.entries()[0].hash != entries[0].hash)
        let stolen = SuppressionList(catalogue, in: other)
        let refused = #expect(throws: StoreError.self) { try stolen.addresses() }
        #expect(refused?.code == .incompatible)
        // And nobody is taken while nobody can be found on it.
        #expect(throws: AudienceError.self) {
            try audience(stolen).edit(.init(.address("eve@example.com"), .mustBeNew), by: .api)
        }
    }

    @Test func `no import takes them, and says how many it left`() async throws {
        let list = SuppressionList(catalogue, in: directory)
        try list.add(["ada@example.com"])
        let audience = try audience(list)
        let file = folder.path + "/contacts.csv"
        try Data("email\nADA@example.com\nbob@example.com\nnone\nada@example.com\n".utf8)
            .write(to: URL(fileURLWithPath: file))
        let summary = try audience.importContacts(from: file)
        #expect(summary.suppressed == 2 && summary.created == 1 && summary.rejected == 1 && summary.rows == 4)
        let given = try await audience.importContacts([NewContact(email: "ada@example.com")])
        #expect(given.suppressed == 1 && given.created == 0)
        #expect(try audience.member(.address("ada@example.com")) == nil)
        // One who is there already is left as it is, and heard of no more.
        try list.add(["bob@example.com"])
        let again = try audience.importContacts(from: file)
        #expect(again.suppressed == 3 && again.updated == 0)
    }

    @Test func `no edit makes a contact of them, moves one there, or subscribes one again`() throws {
        let list = SuppressionList(catalogue, in: directory)
        let audience = try audience(list)
        for name in ["ada", "bob"] { _ = try audience.edit(.init(.address("\(name)@x.org"), .mustBeNew), by: .api) }
        _ = try audience.edit(.init(.address("ada@x.org"), .mustExist, status: .unsubscribed), by: .api)
        try list.add(["ada@x.org", "eve@x.org"])
        let added = #expect(throws: AudienceError.self) {
            try audience.edit(.init(.address("Eve@x.org"), .either), by: .api)
        }
        #expect(added?.code == .suppressed && added?.field == "email_address")
        var move = ContactEdit(.address("bob@x.org"), .mustExist)
        move.newAddress = "eve@x.org"
        let moved = #expect(throws: AudienceError.self) { try audience.edit(move, by: .api) }
        #expect(moved?.code == .suppressed)
        let back = #expect(throws: AudienceError.self) {
            try audience.edit(.init(.address("ada@x.org"), .mustExist, status: .subscribed), by: .api)
        }
        #expect(back?.code == .suppressed)
        // What else concerns a contact that is there can be changed.
        var edit = ContactEdit(.address("ada@x.org"), .mustExist)
        edit.details = [.language: "fr"]
        #expect(try audience.edit(edit, by: .api).hasChanged)
    }

    @Test func `what is no address is known before anything is added`() throws {
        let list = SuppressionList(catalogue, in: directory)
        #expect(SuppressionList.fault(of: "ada@x.org") == nil)
        for text in ["", "ada", "a@b@c", String(repeating: "a", count: 300)] {
            let error = #expect(throws: AudienceError.self) { try list.add([text]) }
            #expect(error?.message == SuppressionList.fault(of: text))
        }
    }
}
