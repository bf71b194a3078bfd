import AsyncHTTPClient
import Crypto
import FoundationEssentials
import Glibc
import NIOCore

/// Renders the body of a contact, byte by byte into one array.
struct Renderer {
    private let text = Array(#"","text":"Bonjour "#.utf8)
    private let offer = Array(
        (", vos offres vous attendent : moins trente pour cent jusqu'à dimanche soir, en magasin et en ligne. "
            + "Présentez ce message en caisse, ou le code AUTOMNE en ligne." + #"","city":""#).utf8)

    func body(for contact: Contact) throws -> [UInt8] {
        var body: [UInt8] = []
        body.reserveCapacity(320)
        body += #"{"to":""#.utf8
        append(contact.phone, to: &body)
        body += #"","email":""#.utf8
        append(contact.email, to: &body)
        body += text
        append(contact.firstName, to: &body)
        body += offer
        append(contact.city, to: &body)
        body += #"","score":"#.utf8
        body += try number(contact.score).utf8
        body.append(UInt8(ascii: "}"))
        return body
    }

    private func number(_ cell: ArraySlice<UInt8>) throws -> String {
        let text = String(decoding: cell, as: UTF8.self)
        if let whole = Int(text) { return String(whole) }
        guard let fraction = Double(text), fraction.isFinite else { throw Failure("\(text) is not a number") }
        return String(fraction)
    }

    private func append(_ cell: ArraySlice<UInt8>, to body: inout [UInt8]) {
        guard cell.contains(where: needsEscape) else {
            body += cell
            return
        }
        for byte in cell {
            if needsEscape(byte) { body += escaped(byte).utf8 } else { body.append(byte) }
        }
    }

    private func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private func escaped(_ byte: UInt8) -> String {
        if byte >= 0x20 { return "\\" + String(UnicodeScalar(byte)) }
        return "\\u00" + (byte < 0x10 ? "0" : "") + String(byte, radix: 16)
    }
}

/// Makes a request of a body, with the three headers of Standard Webhooks.
struct Signer {
    private let keyed: HMAC<SHA256>  // with the key's block hashed, to be copied
    private let template: HTTPClient.Request

    init(url: String, secret: String) throws {
        let encoded = secret.hasPrefix("whsec_") ? String(secret.dropFirst(6)) : secret
        guard let key = Data(base64Encoded: encoded) else { throw Failure("the secret is not base64") }
        keyed = HMAC(key: SymmetricKey(data: key))
        var request = try HTTPClient.Request(url: url, method: .POST)
        request.headers.add(name: "Content-Type", value: "application/json")
        request.headers.reserveCapacity(8)
        template = request
    }

    func request(number: Int, body: [UInt8]) -> HTTPClient.Request {
        let (identifier, timestamp) = ("msg_\(number)", String(time(nil)))
        var mac = keyed
        mac.update(data: Array("\(identifier).\(timestamp).".utf8))
        mac.update(data: body)
        var request = template
        request.headers.add(name: "webhook-id", value: identifier)
        request.headers.add(name: "webhook-timestamp", value: timestamp)
        request.headers.add(name: "webhook-signature", value: "v1," + Data(mac.finalize()).base64EncodedString())
        request.body = .byteBuffer(ByteBuffer(bytes: body))
        return request
    }
}
