/// A webhook, checked and compiled for one audience's fields: makes the request of each contact.
///
/// A value that any thread may use. It holds secrets and prints none of them.
///
/// ## Merge tags
///
/// | Tag | Inserts |
/// | --- | --- |
/// | `*|FNAME|*` | the field's value, else its default, else nothing |
/// | `*|EMAIL|*`, `*|UNIQID|*`, `*|EMAIL_UID|*`, `*|MC_LANGUAGE|*` | see ``ContactColumn`` |
/// | `*|DATE:F j, Y|*`, `*|DATE|*`, `*|CURRENT_YEAR|*` | now, by PHP's letters; `Y-m-d` without any |
/// | `*|DELIVERY_ID|*` | the delivery's ``DeliveryID`` |
/// | `*|LIST:NAME|*` | the audience's name |
/// | `*|UNSUB|*`, `*|UPDATE_PROFILE|*` | a signed link to a page of the contact's own; see ``PageLinks`` |
/// | `*|LIST:SUBSCRIBE|*` | a link to the audience's sign-up page |
///
/// Of one name, the tags of ``ContactColumn`` go before fields, and fields before the others: a field `DATE` hides
/// `*|DATE|*`, not `*|DATE:Y|*`.
///
/// Dates and birthdays are shown in their field's `dateFormat`; an address is shown as its parts `addr1`, `addr2`,
/// `city`, `state`, `zip` and `country`, those that it has, joined by a comma and a space.
///
/// `*|IF:FIELD|*`, `*|IFNOT:FIELD|*`, `*|ELSEIF:FIELD|*`, `*|ELSE:|*`, `*|END:IF|*` and
/// `*|INTERESTED:Category:Group,Group|*`, `*|ELSE:|*`, `*|END:INTERESTED|*` nest. A field alone asks whether the
/// contact has a value of its own; `=` and `!=` compare values as stored, byte by byte, and number fields as numbers,
/// which alone take `<`, `<=`, `>` and `>=`. Spaces around operator and operand are dropped. With a missing value `!=`
/// is true and every other comparison false.
///
/// ## What a value can do where it stands
///
/// | Place | Treatment |
/// | --- | --- |
/// | JSON string | escaped; a string that is one tag of a number field is a JSON number when the value is one |
/// | form name or value, URL path or query | percent-encoded; no value makes a path segment `.` or `..` |
/// | multipart | the boundary is one that no value holds |
/// | header | a control character skips the contact |
/// | raw body | none: it is copied as it is stored |
///
/// Everywhere but in raw bodies ill-formed UTF-8 becomes U+FFFD.
public struct RequestTemplate: Sendable, CustomStringConvertible, CustomReflectable {
    /// Where requests go: what tells endpoints apart.
    public struct Origin: Sendable, Hashable {
        /// `http` or `https`.
        public var scheme: String
        /// In lower case; an IPv6 address keeps its brackets.
        public var host: String
        /// 1 … 65535, the scheme's own when the URL names none.
        public var port: Int

        /// - Parameters: see the properties of the same names.
        public init(scheme: String, host: String, port: Int) {
            self.scheme = scheme
            self.host = host
            self.port = port
        }
    }

    /// A header line that every request carries unchanged.
    public struct ConstantHeader: Sendable, CustomStringConvertible, CustomReflectable {
        /// The name, to be shown when the line must not be.
        public var name: String
        /// In the form libcurl takes, without a NUL: `Name: value`, or `Name;` when the value is empty.
        public var line: [UInt8]
        /// Whether the value must be shown to nobody: a secret, or text under a name such as `X-Api-Key`.
        public var isSecret: Bool

        init(name: String, value: [UInt8], isSecret: Bool) {
            self.name = name
            line = Array(name.utf8) + (value.isEmpty ? [UInt8(ascii: ";")] : Array(": ".utf8) + value)
            self.isSecret = isSecret
        }

        /// The line, or `Name: [secret]`.
        public var description: String { isSecret ? "\(name): [secret]" : String(decoding: line, as: UTF8.self) }
        /// Discloses nothing beyond the description.
        public var customMirror: Mirror { Mirror(self, children: ["line": description]) }
    }

    /// Where requests go.
    public let origin: Origin
    /// The method of every request.
    public let method: WebhookDefinition.Method
    /// `scheme://host:port` as the definition spells it; every URL begins with these bytes.
    public let urlBase: [UInt8]
    /// The whole URL, without a NUL, when it is the same for all; nil when it holds merge tags.
    public let constantURL: [UInt8]?
    /// The lines that are the same for all.
    public let constantHeaders: [ConstantHeader]
    /// Whether the webhook has a `User-Agent` of its own.
    public let namesUserAgent: Bool
    /// What is read of a contact, in slot order, without duplicates.
    public let columns: [ContactColumn]

    /// Covers the webhook's secrets in what a receiver answers.
    public let secretMask: SecretMask

    let program: Program
    /// Nil when the URL is constant.
    let urlSection: Range<Int>?
    let headerSection: Range<Int>
    let bodySection: Range<Int>
    /// The delimiters that a multipart body must hold; nil for other bodies.
    let boundaryCount: Int?
    /// The slots of required values.
    let required: [UInt16]
    let signer: StandardWebhookSigner?

    /// Method and origin.
    public var description: String { "\(method.rawValue) \(origin.scheme)://\(origin.host):\(origin.port)" }
    /// Discloses nothing beyond the description.
    public var customMirror: Mirror { Mirror(self, children: ["request": description]) }
}
