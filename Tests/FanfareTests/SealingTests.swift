import Fanfare
import FanfareReceiver
import FanfareTesting
import Foundation
import NIOHTTP1
import Testing

@Suite("A copy of the data directory discloses no secret")
struct SealingTests {
    private static let secrets = [
        "sk_live_header", "sk_live_query", "sk_live_body", "sk_live_bearer", "sk_live_merged", "sk_live_signing",
        "whsec_", "c2tfbGl2ZV9zaWduaW5n",
    ]

    private func job(port: Int) -> String {
        """
        audience: {import: contacts.csv}
        webhook:
          url: http://127.0.0.1:\(port)/hook?api_key=sk_live_query&to=*|EMAIL|*
          auth: {bearer: sk_live_bearer}
          headers: {X-Api-Key: sk_live_header, X-Both: "sk_live_merged *|EMAIL|*"}
          data: {key: sk_live_body}
          signing: {secret: whsec_c2tfbGl2ZV9zaWduaW5nX3NrX2xpdmVfc2lnbmluZw==}
        """
    }

    @Test("neither headers, query, body nor keys stand in any of its files; the receiver has got them")
    func nothingInClear() async throws {
        try await withTemporaryFolder { folder in
            try await withScriptedReceiver(keepsBodies: true) { receiver in
                let job = try JobUnderTest(folder, job(port: receiver.port), addresses: ["a@example.com"])
                let end = try await job.run()
                #expect(end.progress.counts[.delivered] == 1)
                let entry = try #require(receiver.received.entriesByID.values.first?.first)
                #expect(entry.target == "/hook?api_key=sk_live_query&to=a%40example.com")
                #expect(entry.body == Array(#"{"key":"sk_live_body"}"#.utf8))
                try checkFiles(under: job.data)
            }
        }
    }

    private func checkFiles(under path: String) throws {
        let names = try FileManager.default.subpathsOfDirectory(atPath: path)
        #expect(names.contains { $0.hasPrefix("fanouts/") && $0.hasSuffix(".sqlite") })
        var bytes = 0
        for name in names where name.contains(".sqlite") {
            let data = try Data(contentsOf: URL(fileURLWithPath: path + "/" + name))
            bytes += data.count
            for secret in Self.secrets {
                #expect(data.range(of: Data(secret.utf8)) == nil, "\(secret) stands in \(name)")
            }
        }
        #expect(bytes > 10_000)
    }
}
