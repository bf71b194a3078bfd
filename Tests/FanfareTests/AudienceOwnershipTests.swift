import Fanfare
import FanfareTesting
import Testing

@Suite("An audience that a job brought goes with the last fan-out that names it")
struct AudienceOwnershipTests {
    /// Makes the stored audience `customers`, of one contact who is tagged.
    private func storeCustomers(_ fixture: RunFixture) throws {
        let file = try fixture.folder.write("Email Address,TAGS\nz@example.com,vip\n", to: "customers.csv")
        try fixture.process { installation in
            _ = try installation.openAudience(named: "customers", makesIt: true).importContacts(from: file)
        }
    }

    @Test("one that was noted for a fan-out that never was is removed by the next owner")
    func neverNamed() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try RunFixture(folder)
            let path = try fixture.process { installation in
                let entry = try installation.audiences.add(name: nil, owner: "news")
                let path = installation.directory.audiencePath(entry.id)
                _ = try Audience(path: path, id: entry.id, mode: .createNew)
                return path
            }
            try fixture.process { installation in
                let left = try installation.audiences.all()
                #expect(left.isEmpty)
                #expect(!Durability.fileExists(path))
            }
        }
    }

    @Test("a job that takes a stored audience before its freeze leaves no personal data behind")
    func switched() async throws {
        try await withTemporaryFolder { folder in
            var fixture = try RunFixture(folder)
            try storeCustomers(fixture)
            try fixture.process { installation in
                var run = try fixture.begin(installation)
                _ = try run.importContacts { _ in true }
            }
            let before = try fixture.record().audience
            fixture.job = fixture.job.replacing("import: contacts.csv", with: "name: customers")
            try fixture.process { installation in
                let run = try fixture.begin(installation, acceptChanges: true)
                #expect(run.record.audience != before)
                #expect(try installation.audiences.all().map(\.name) == ["customers"])
                #expect(!Durability.fileExists(installation.directory.audiencePath(before)))
            }
        }
    }

    @Test("those of earlier runs, which their fan-outs still name, stay")
    func earlierRuns() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try RunFixture(folder)
            let first = try fixture.process { try fixture.start($0).run.record }
            try fixture.leave { $0.state = .ended }
            let second = try fixture.process { try fixture.start($0, again: true).run.record }
            #expect(first.audience != second.audience)
            #expect(try fixture.recipients(first).count == 3)
            #expect(try fixture.recipients(second).count == 3)
        }
    }

    @Test("a job that went to a stored audience and now brings a file leaves that audience's tags alone")
    func storedTagsStay() async throws {
        try await withTemporaryFolder { folder in
            var fixture = try RunFixture(folder, contacts: ["z", "y"])
            try storeCustomers(fixture)
            fixture.job = fixture.job.replacing("import: contacts.csv", with: "name: customers")
            _ = try fixture.process { try fixture.start($0).run.record }
            fixture.job = fixture.job.replacing("name: customers", with: "import: contacts.csv")
            _ = try fixture.process { try fixture.start($0, acceptChanges: true).run.record }
            let customers = try Installation.read(fixture.data).openAudience(named: "customers", makesIt: false)
            #expect(try customers.tags().map(\.name).contains("vip"))
            #expect(try customers.contact(email: "z@example.com")?.tags.contains("vip") ?? false)
        }
    }
}
