import FanfarePayload
import NIOHTTP1
import Testing

@testable import FanfareDelivery

@Suite("What a webhook says is what the receiver gets")
struct WireTests {
    @Test("a webhook without any merge tag is checked and delivered like others")
    func noMergeTags() async throws {
        let result = try await WireDelivery.of { port in
            WebhookDefinition(url: "http://127.0.0.1:\(port)/same", body: .json(.object([.init("a", .bool(true))])))
        }
        #expect(result.dryRun.rendered == 2)
        #expect(result.isDelivered)
        #expect(result.targets == ["/same", "/same"])
    }
}
