import Dispatch
import FanfarePayload
import FanfareReceiver
import FanfareStore
import FanfareTesting
import FanfareTransport
import GRDB
import NIOConcurrencyHelpers
import Testing

@testable import FanfareDelivery

/// Events on their way from a ledger to a receiver, where the ledger is slow.
@Suite("Event deliverer") struct EventDelivererTests {
    @Test func `what one lane has sent another does not send again before the file has what became of it`() async throws
    {
        let folder = try FixtureFolder()
        let told = NIOLockedValueBox(0)
        try await withScriptedReceiver({ _, _ in
            told.withLockedValue { $0 += 1 }
            return .status(200)
        }) { receiver in
            let source = ListedSource()
            let path = folder.path + "/events.sqlite"
            let book = try EventBook(path: path, source: source, sourceName: "list", start: 0)
            let egress = EgressPolicy(allowed: [try .init("127.0.0.0/8")])
            let deliverer = try EventDeliverer(.init(egress: egress)) { _, _ in }
            let endpoint = try EventEndpoint(
                id: "a",
                installation: "installation",
                webhook: WebhookDefinition(url: receiver.url(), body: .none)
            )
            source.add(contacts: [1, 2])
            deliverer.open(book)
            book.pull()
            try await eventually("taken over") { try book.cursor() == 2 }

            // The file cannot be written for now.
            let mayWrite = DispatchSemaphore(value: 0)
            book.commits.submit { _ in
                mayWrite.wait()
            } finish: { _ in
            }
            deliverer.add(endpoint, of: book)
            try await eventually("told") { told.withLockedValue { $0 } == 2 }
            await deliverer.remove(endpoint: "a")
            deliverer.add(endpoint, of: book)
            try await Task.sleep(for: .milliseconds(300))
            mayWrite.signal()
            await book.flush()
            try await eventually("settled") {
                try book.commits.database.read {
                    try Int64.fetchOne($0, sql: "SELECT count(*) FROM event WHERE state = 4")
                }
                    == 2
            }
            #expect(told.withLockedValue { $0 } == 2)
            deliverer.close()
            await book.close()
        }
    }
}
