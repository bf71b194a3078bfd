import CDeliveryLoop

/// All that was seen of one transfer, for a person to look at.
///
/// Nothing in it is cleaned: a terminal must not get it as it is, and a receiver may repeat secrets.
public struct TransferInspection: Sendable, Hashable {
    /// One certificate that the receiver presented.
    public struct Certificate: Sendable, Hashable {
        /// Whose it is.
        public var subject: String
        /// Who signed it.
        public var issuer: String
        /// From when it is good, as the TLS library writes it.
        public var begins: String
        /// Until when it is good, as the TLS library writes it.
        public var expires: String
        /// The names it is good for, as the TLS library writes them; empty: those of the subject alone.
        public var names: String
    }

    /// The answer's header lines as they came, those of 1xx answers and trailers too; at most 64 KiB.
    public var headers: [UInt8]
    /// The answer's body, at most 64 KiB.
    public var body: [UInt8]
    /// The chain the receiver presented, its own certificate first; empty: no TLS, or no handshake.
    public var certificates: [Certificate]
    /// libcurl's sentence about a failure; nil: none.
    public var error: String?
    /// As `TLSv1.3`; nil: no TLS, or no handshake.
    public var tlsVersion: String?
    /// As `TLS_AES_256_GCM_SHA384`; nil: no TLS, or no handshake.
    public var cipher: String?
    /// The address that was connected to; nil: none.
    public var address: IPAddress?
    /// As `1.1`; nil: no answer.
    public var httpVersion: String?
}

extension DeliveryLoop {
    /// From now on the loop keeps all of its last transfer.
    ///
    /// For loops that send one request at a time, and before the first.
    ///
    /// - Parameter connectsOnly: Whether nothing is sent: a transfer ends, well, when its connection stands.
    /// - Throws: ``TransportError/Code/outOfMemory``.
    public borrowing func inspect(connectsOnly: Bool = false) throws(TransportError) {
        try check(fanfare_loop_inspect(handle, connectsOnly), "the loop cannot inspect")
    }

    /// The last transfer that ended; nil: the loop does not inspect.
    public var inspection: TransferInspection? {
        fanfare_loop_inspection(handle).map { TransferInspection($0.pointee) }
    }
}

extension TransferInspection {
    fileprivate init(_ raw: RawInspection) {
        headers = Self.bytes(raw.headers, raw.headersLength)
        body = Self.bytes(raw.body, raw.bodyLength)
        certificates = Self.certificates(Self.bytes(raw.certificates, raw.certificatesLength))
        error = raw.error.flatMap(Self.text)
        let tls = raw.tls.flatMap(Self.text).map { $0.split(separator: " / ").map(String.init) } ?? []
        tlsVersion = tls.first
        cipher = tls.count > 1 ? tls[1] : nil
        address = withUnsafeBytes(of: raw.address) { bytes in
            IPAddress(String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self))
        }
        httpVersion = [10: "1.0", 11: "1.1", 20: "2", 30: "3"][raw.httpVersion]
    }

    private static func bytes(_ start: UnsafeRawPointer?, _ count: Int) -> [UInt8] {
        Array(UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count))
    }

    private static func text(_ start: UnsafePointer<CChar>) -> String? {
        let text = String(cString: start)
        return text.isEmpty ? nil : text
    }

    /// Reads the loop's `Name:value` lines.
    private static func certificates(_ lines: [UInt8]) -> [Certificate] {
        var found: [Certificate] = []
        var current: [String: String] = [:]
        for line in lines.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            if line.isEmpty {
                if !current.isEmpty { found.append(Certificate(current)) }
                current = [:]
            } else if let colon = line.firstIndex(of: UInt8(ascii: ":")) {
                let value = line[(colon + 1)...].drop { $0 == UInt8(ascii: " ") }
                current[String(decoding: line[..<colon], as: UTF8.self)] = String(decoding: value, as: UTF8.self)
            }
        }
        return found
    }
}

extension TransferInspection.Certificate {
    fileprivate init(_ fields: [String: String]) {
        subject = fields["Subject"] ?? ""
        issuer = fields["Issuer"] ?? ""
        begins = fields["Start date"] ?? ""
        expires = fields["Expire date"] ?? ""
        names = fields["X509v3 Subject Alternative Name"] ?? ""
    }
}
