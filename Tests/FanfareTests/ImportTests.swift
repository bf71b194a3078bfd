import Fanfare
import FanfareTesting
import Testing

@Suite("What goes wrong while contacts are imported is told as what it is")
struct ImportTests {
    @Test("a rejects file that cannot be written is no fault of the job file")
    func rejectsFile() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try RunFixture(folder, contacts: ["a", "b c"])
            let rejects = folder.path("missing/rejects.csv")
            let error = #expect(throws: AudienceError.self) {
                try fixture.process { installation in
                    var run = try fixture.begin(installation)
                    _ = try run.importContacts(ImportOptions(rejectsPath: rejects)) { _ in true }
                }
            }
            #expect(error?.code == .storage)
            #expect(error?.message.contains(rejects) == true)
        }
    }
}
