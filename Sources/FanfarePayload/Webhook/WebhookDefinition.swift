/// One webhook as a user writes it down: where it goes, what it carries, how it is authorised and signed.
///
/// A value only; `RequestTemplate` checks and compiles it. Strings marked "template" may hold merge tags.
public struct WebhookDefinition: Sendable, Hashable {
    /// The HTTP method.
    ///
    /// `GET` carries no body.
    public enum Method: String, Sendable, Hashable, Codable, CaseIterable {
        /// With a body, as most webhooks are.
        case post = "POST"
        /// With a body.
        case put = "PUT"
        /// With a body.
        case patch = "PATCH"
        /// With or without a body.
        case delete = "DELETE"
        /// Without a body.
        case get = "GET"
    }

    /// How the receiver recognises the sender.
    public enum Authorization: Sendable, Hashable {
        /// RFC 7617; the user name may not hold a colon.
        case basic(username: String, password: Secret)
        /// RFC 6750.
        case bearer(Secret)
    }

    /// One header of every request.
    public struct Header: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
        /// What the header says.
        public enum Value: Sendable, Hashable {
            /// Template.
            case text(String)
            /// Sent as it is, shown nowhere.
            case secret(Secret)
        }
        /// A token of RFC 9110 §5.6.2.
        public var name: String
        /// Its value.
        public var value: Value

        /// - Parameters:
        ///   - name: A header name.
        ///   - value: Its value.
        public init(name: String, value: Value) {
            self.name = name
            self.value = value
        }

        /// Whether the value must be shown to nobody: a secret, or text under a name such as `X-Api-Key`.
        public var isSecret: Bool {
            if case .secret = value { return true }
            let name = name.lowercased()
            return ["auth", "cookie", "credential", "key", "pass", "pwd", "secret", "signature", "token"]
                .contains { name.contains($0) }
        }

        /// The line, or `Name: [secret]`.
        public var description: String {
            if case .text(let text) = value, !isSecret { return "\(name): \(text)" }
            return "\(name): [secret]"
        }
        /// Discloses nothing beyond the description.
        public var customMirror: Mirror { Mirror(self, children: ["line": description]) }
    }

    /// What the request carries.
    public enum Body: Sendable, Hashable {
        /// No body.
        case none
        /// `application/json`.
        case json(PayloadNode)
        /// `application/x-www-form-urlencoded`, nested keys in brackets.
        case form(PayloadNode)
        /// `multipart/form-data`, nested keys in brackets.
        case multipart(PayloadNode)
        /// One template, sent as it renders, with the content type given (default `text/plain; charset=utf-8`).
        case raw(String, contentType: String?)
    }

    /// How requests are signed (Standard Webhooks); several secrets during rotation.
    public struct Signing: Sendable, Hashable {
        /// `whsec_…` (HMAC-SHA256, `v1`) or `whsk_…` (ed25519, `v1a`); all sign, first first.
        public var secrets: [Secret]
        /// - Parameter secrets: At least one.
        public init(secrets: [Secret]) { self.secrets = secrets }
    }

    /// How the receiver of an https URL is recognised.
    public struct TLS: Sendable, Hashable {
        /// The absolute path of a PEM file of the authorities to trust; nil: the system's.
        public var authorityFile: String?
        /// Whether its certificate and host name are checked.
        public var verifies: Bool
        /// What the receiver recognises the sender by; nil: nothing.
        public var clientCertificate: ClientCertificate?

        /// - Parameters:
        ///   - authorityFile: A PEM file; nil: the system's.
        ///   - verifies: Whether certificate and host name are checked.
        ///   - clientCertificate: What the receiver recognises the sender by.
        public init(
            authorityFile: String? = nil,
            verifies: Bool = true,
            clientCertificate: ClientCertificate? = nil
        ) {
            self.authorityFile = authorityFile
            self.verifies = verifies
            self.clientCertificate = clientCertificate
        }
    }

    /// A certificate of the sender's own.
    public struct ClientCertificate: Sendable, Hashable {
        /// The absolute path of a PEM file.
        public var file: String
        /// The absolute path of its key's PEM file; nil: the key is in the certificate's.
        public var keyFile: String?
        /// What the key is locked with.
        public var keyPassword: Secret?

        /// - Parameters: see the properties of the same names.
        public init(file: String, keyFile: String? = nil, keyPassword: Secret? = nil) {
            self.file = file
            self.keyFile = keyFile
            self.keyPassword = keyPassword
        }
    }

    /// A forward proxy that all requests go through.
    public struct Proxy: Sendable, Hashable {
        /// `http://`, a host and a port, without credentials.
        public var url: String
        /// Whom the proxy knows the sender as.
        public var username: String?
        /// The user's password.
        public var password: Secret?

        /// - Parameters: see the properties of the same names.
        public init(url: String, username: String? = nil, password: Secret? = nil) {
            self.url = url
            self.username = username
            self.password = password
        }
    }

    /// What the operator calls it.
    public var name: String
    /// The method.
    public var method: Method
    /// Template; merge tags in path and query only.
    public var url: String
    /// Sent as the `Authorization` header.
    public var authorization: Authorization?
    /// Further headers, in this order.
    public var headers: [Header]
    /// The body.
    public var body: Body
    /// Tags of fields without which a contact is skipped.
    public var require: [String]
    /// Nil: unsigned.
    public var signing: Signing?
    /// How the receiver is recognised.
    public var tls: TLS
    /// What requests go through; nil: nothing.
    public var proxy: Proxy?

    /// - Parameters: see the properties of the same names.
    public init(
        name: String = "",
        method: Method = .post,
        url: String,
        authorization: Authorization? = nil,
        headers: [Header] = [],
        body: Body = .none,
        require: [String] = [],
        signing: Signing? = nil,
        tls: TLS = TLS(),
        proxy: Proxy? = nil
    ) {
        self.name = name
        self.method = method
        self.url = url
        self.authorization = authorization
        self.headers = headers
        self.body = body
        self.require = require
        self.signing = signing
        self.tls = tls
        self.proxy = proxy
    }
}

/// A structure of the user's own whose strings are templates: the `data` of a job file.
public indirect enum PayloadNode: Sendable, Hashable {
    /// One member of an object.
    public struct Member: Sendable, Hashable {
        /// The key, sent as it is (no merge tags).
        public var key: String
        /// Its value.
        public var value: PayloadNode
        /// - Parameters:
        ///   - key: The key.
        ///   - value: Its value.
        public init(_ key: String, _ value: PayloadNode) {
            self.key = key
            self.value = value
        }
    }

    /// Members in the order written.
    case object([Member])
    /// Elements in the order written.
    case array([PayloadNode])
    /// Template.
    case string(String)
    /// A JSON number literal, as written.
    case number(String)
    /// True or false.
    case bool(Bool)
    /// Null.
    case null
}
