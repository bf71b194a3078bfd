import CDeliveryLoop

/// How requests to one endpoint are made.
///
/// Checked when the endpoint is added to a loop.
public struct EndpointSettings: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    /// One header, sent with every request.
    public struct Header: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
        /// A token of RFC 9110 §5.6.2.
        public var name: String
        /// No control characters; a blank one is sent as an empty header.
        public var value: String
        /// - Parameters:
        ///   - name: A token.
        ///   - value: No control characters.
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }

        /// The name; the value may be a secret.
        public var description: String { "\(name): …" }
        /// Discloses nothing beyond the description.
        public var customMirror: Mirror { Mirror(self, children: ["line": description]) }
    }

    /// http or https, without credentials: where requests go that have no URL of their own.
    ///
    /// URLs of requests begin with the same scheme, host and port, spelled alike.
    public var url: String
    /// `POST`, `PUT`, `PATCH`, `DELETE` or `GET`.
    ///
    /// Requests of a GET have no body.
    public var method: String
    /// Sent after a request's own headers.
    public var headers: [Header]
    /// Sent after all other headers, none of which is then `User-Agent`; nil: nothing is said of the agent.
    ///
    /// With one the loop can write the heads of requests itself (see ``writesHead``), which is faster.
    public var userAgent: String?
    /// A PEM file of the authorities to trust.
    ///
    /// Nil: the system's.
    public var certificateAuthorityFile: String?
    /// Whether the receiver's certificate and host name are checked.
    public var verifiesCertificates: Bool
    /// Shown to a receiver that asks for one.
    public var clientCertificate: ClientCertificate?
    /// Whether HTTP/2 is offered to an https receiver.
    ///
    /// One that does not take it up is spoken HTTP/1.1 with.
    public var offersHTTP2 = false
    /// What all connections go through.
    public var proxy: ForwardProxy?
    /// The longest wait for a connection, TLS included; whole milliseconds, from 1 ms.
    public var connectTimeout: Duration

    /// - Parameters:
    ///   - url: http or https, without credentials.
    ///   - method: `POST`, `PUT`, `PATCH`, `DELETE` or `GET`.
    ///   - headers: Sent with every request.
    ///   - certificateAuthorityFile: A PEM file. Nil: the system's.
    ///   - verifiesCertificates: Whether certificate and host name are checked.
    ///   - connectTimeout: From 1 ms.
    public init(
        url: String,
        method: String = "POST",
        headers: [Header] = [],
        certificateAuthorityFile: String? = nil,
        verifiesCertificates: Bool = true,
        connectTimeout: Duration = .seconds(5)
    ) {
        self.url = url
        self.method = method
        self.headers = headers
        self.certificateAuthorityFile = certificateAuthorityFile
        self.verifiesCertificates = verifiesCertificates
        self.connectTimeout = connectTimeout
    }

    /// Whether the loop writes the heads of requests in one piece, `Content-Length` before the user agent and ` HTTP/1.1`
    /// behind it; else libcurl does, with `Content-Length` at the end.
    public var writesHead: Bool {
        var writes = false
        _ = withConfiguration { configuration in
            writes = fanfare_writes_head(configuration)
            return .ok
        }
        return writes
    }

    /// Method and URL, without the query, which may hold a secret.
    public var description: String { "\(method) \(url.prefix { $0 != "?" })" }
    /// Discloses nothing beyond the description.
    public var customMirror: Mirror { Mirror(self, children: ["request": description, "headers": headers]) }
}
