public import FanfareAudience
public import FanfarePayload

/// What of an audience stands in the bodies of its webhooks beside the contact.
public struct AudienceShape: Sendable {
    /// Ten hexadecimal digits.
    public var id: String
    /// In their order.
    public var fields: [MergeField]
    /// In their order.
    public var categories: [GroupCategory]

    /// - Parameters: see the properties of the same names.
    public init(id: String, fields: [MergeField], categories: [GroupCategory]) {
        self.id = id
        self.fields = fields
        self.categories = categories
    }

    /// - Throws: `AudienceError`.
    public init(of audience: Audience) throws(AudienceError) {
        self.init(id: audience.id, fields: try audience.fields(), categories: try audience.groupCategories())
    }
}

/// The body of an audience webhook: a form with bracketed keys, as PHP's `http_build_query` writes it.
///
/// Keys, their order and values are those that receivers of Mailchimp's webhooks were seen to get; where a value has no
/// counterpart here it is empty. Every merge field is there, empty or not.
public struct WebhookBody {
    private var form = FormWriter()
    private let change: Change
    private let shape: AudienceShape

    /// The body that tells of a change.
    public static func bytes(of change: Change, in shape: AudienceShape) -> [UInt8] {
        var body = WebhookBody(change: change, shape: shape)
        body.write()
        return body.form.bytes
    }

    private init(change: Change, shape: AudienceShape) {
        self.change = change
        self.shape = shape
    }

    private var facts: Change.Facts { change.facts }

    private mutating func write() {
        form.add("type", change.kind.name)
        let firedAt = UTCText(change.time)
        form.add("fired_at", "\(firedAt.day) \(firedAt.time)")
        switch change.kind {
        case .subscribe, .profile:
            writeContact()
            form.add("data[list_id]", shape.id)
        case .unsubscribe:
            form.add("data[action]", facts.action ?? "unsub")
            form.add("data[reason]", facts.reason ?? "manual")
            writeContact()
            form.add("data[list_id]", shape.id)
        case .cleaned:
            form.add("data[list_id]", shape.id)
            form.add("data[campaign_id]", facts.campaign ?? "")
            form.add("data[reason]", facts.reason ?? "hard")
            form.add("data[email]", facts.email ?? "")
        case .upemail:
            form.add("data[list_id]", shape.id)
            form.add("data[new_id]", facts.id ?? "")
            form.add("data[new_email]", facts.email ?? "")
            form.add("data[old_email]", facts.oldEmail ?? "")
        case .campaign:
            form.add("data[id]", facts.campaign ?? "")
            form.add("data[subject]", facts.subject ?? "")
            form.add("data[status]", facts.status ?? "")
            form.add("data[reason]", facts.reason ?? "")
            form.add("data[list_id]", shape.id)
        // It is sent as its journey has it.
        case .journeyPoint: break
        }
    }

    private mutating func writeContact() {
        form.add("data[id]", facts.id ?? "")
        form.add("data[email]", facts.email ?? "")
        form.add("data[email_type]", facts.emailType ?? "html")
        form.add("data[ip_opt]", facts.optIP ?? "")
        // Receivers' schemas do not have it in an unsubscribe, and refuse what they do not have.
        if change.kind != .unsubscribe, let address = facts.signupIP { form.add("data[ip_signup]", address) }
        form.add("data[web_id]", facts.webID.map(String.init) ?? "")
        if change.kind == .unsubscribe, let campaign = facts.campaign { form.add("data[campaign_id]", campaign) }
        form.add("data[merges][EMAIL]", facts.email ?? "")
        for field in shape.fields { write(field, facts.value(ofField: field.tag) ?? "") }
        if !shape.categories.isEmpty { writeGroups() }
    }

    private mutating func write(_ field: MergeField, _ value: String) {
        let key = "data[merges][\(field.tag)]"
        guard field.kind == .address, let parts = AddressParts(value) else { return form.add(key, value) }
        for (name, part) in parts.all { form.add("\(key)[\(name)]", part) }
    }

    private mutating func writeGroups() {
        let groups = facts.groups ?? []
        form.add("data[merges][INTERESTS]", Self.list(groups.map(\.name)))
        for (index, category) in shape.categories.enumerated() {
            let key = "data[merges][GROUPINGS][\(index)]"
            form.add("\(key)[id]", String(category.id))
            form.add("\(key)[unique_id]", category.uniqueID)
            form.add("\(key)[name]", category.title)
            let chosen = groups.filter { $0.category == category.id }.map(\.name)
            if !chosen.isEmpty { form.add("\(key)[groups]", Self.list(chosen)) }
        }
    }

    /// Names joined by a comma and a space; one in a name is written `\,`.
    private static func list(_ names: [String]) -> String {
        names.map { $0.replacing(",", with: "\\,") }.joined(separator: ", ")
    }
}

/// `application/x-www-form-urlencoded` as PHP encodes it: a space is `+`, and all but letters, digits, `-`, `.` and `_`
/// is percent-encoded, brackets too.
struct FormWriter {
    private(set) var bytes: [UInt8] = []

    /// Most forms need not grow beyond this.
    init() { bytes.reserveCapacity(1 << 10) }

    mutating func add(_ key: String, _ value: String) {
        if !bytes.isEmpty { bytes.append(UInt8(ascii: "&")) }
        encode(key)
        bytes.append(UInt8(ascii: "="))
        encode(value)
    }

    private mutating func encode(_ text: String) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                bytes.append(byte)
            case UInt8(ascii: " "): bytes.append(UInt8(ascii: "+"))
            default:
                bytes.append(UInt8(ascii: "%"))
                bytes.append(Self.digit(byte >> 4))
                bytes.append(Self.digit(byte & 15))
            }
        }
    }

    private static func digit(_ nibble: UInt8) -> UInt8 { nibble < 10 ? 0x30 + nibble : 0x37 + nibble }
}
