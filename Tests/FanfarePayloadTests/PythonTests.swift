import Crypto
import FanfarePayload
import Foundation
import Testing

/// Whether these tests were left out on purpose.
private let skipsPython = ProcessInfo.processInfo.environment["FANFARE_SKIP_PYTHON"] == "1"

/// Independent implementations check our signatures: PyPI's `standardwebhooks` (v1) and `cryptography` (v1a).
///
/// The interpreter is `FANFARE_PYTHON`, or `python3` on the path.
@Suite(.disabled(if: skipsPython, "FANFARE_SKIP_PYTHON=1")) struct `Signatures checked in Python` {
    private static let script = """
        import base64, json, sys, time
        from standardwebhooks.webhooks import Webhook, WebhookVerificationError
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
        from cryptography.exceptions import InvalidSignature

        def verified(request):
            body = base64.b64decode(request["body"])
            headers = request["headers"]
            if "secret" in request:
                try:
                    Webhook(request["secret"]).verify(body.decode(), headers)
                    return True
                except WebhookVerificationError:
                    return False
            key = Ed25519PublicKey.from_public_bytes(base64.b64decode(request["public"]))
            content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
            for part in headers["webhook-signature"].split(" "):
                version, signature = part.split(",", 1)
                if version == "v1a":
                    try:
                        key.verify(base64.b64decode(signature), content)
                        return True
                    except InvalidSignature:
                        pass
            return False

        print(json.dumps([verified(r) for r in json.load(sys.stdin)]))
        """

    private struct Case: Encodable {
        var body: Data
        var headers: [String: String]
        var secret: String?
        var `public`: Data?
    }

    /// Runs the script; the answers, one for each case.
    private func verify(_ cases: [Case]) throws -> [Bool] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [ProcessInfo.processInfo.environment["FANFARE_PYTHON"] ?? "python3", "-c", Self.script]
        // A file, not a pipe: writing to one whose reader failed to start would end this process.
        let input = FileManager.default.temporaryDirectory.appendingPathComponent("fanfare-\(UUID().uuidString).json")
        try JSONEncoder().encode(cases).write(to: input)
        defer { try? FileManager.default.removeItem(at: input) }
        process.standardInput = try FileHandle(forReadingFrom: input)
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let answer = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        try #require(
            process.terminationStatus == 0,
            "python3 with standardwebhooks and cryptography is needed; FANFARE_SKIP_PYTHON=1 leaves this out"
        )
        return try JSONDecoder().decode([Bool].self, from: answer)
    }

    private func requestCase(_ request: RenderedText) -> Case {
        let names = ["webhook-id", "webhook-timestamp", "webhook-signature"]
        let headers = Dictionary(uniqueKeysWithValues: names.map { ($0, request.header($0) ?? "") })
        return Case(body: Data(request.body), headers: headers)
    }

    @Test func `are accepted when right and refused when wrong`() throws {
        let seed = [UInt8](1...32)
        let publicKey = try Curve25519.Signing.PrivateKey(rawRepresentation: seed).publicKey.rawRepresentation
        let secrets = [24, 32, 64].map { length in
            "whsec_" + Data((0..<length).map { UInt8($0 * 3) }).base64EncodedString()
        }
        let template = try compile(
            .json(.object([.init("text", .string("*|FNAME|*"))])),
            signing: secrets + ["whsk_" + Data(seed).base64EncodedString()]
        )
        let now = Int64(Date().timeIntervalSince1970)
        var cases: [Case] = []
        var expected: [Bool] = []
        for name in ["", "Zoë", String(repeating: "x\"", count: 500)] {
            let contact = [ContactColumn.field("FNAME"): Array(name.utf8)]
            let right = requestCase(try #require(template.text(contact, time: now)))
            var keyed = secrets.map { secret in
                var keyed = right
                keyed.secret = secret
                return keyed
            }
            keyed.append(right)
            keyed[3].public = publicKey
            for request in keyed {
                var wrong = request
                wrong.body.append(0x20)
                cases += [request, wrong]
                expected += [true, false]
            }
        }
        #expect(try verify(cases) == expected)
    }
}
