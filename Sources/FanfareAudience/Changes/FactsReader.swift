/// Reads what stands in the change log of a contact: JSON that SQLite made; see `ChangeLog` and ``CampaignEnd``.
///
/// Members that it does not know are passed over, as a later version may write more; those that it knows must be what
/// they are to be.
struct FactsReader: ~Copyable {
    /// Something is not as it must be; what, the text itself shows.
    private struct Damage: Error {}

    private var scanner = JSONScanner(acceptsNUL: true)

    /// - Returns: Nil when the text is damaged.
    mutating func read(_ text: UnsafeRawBufferPointer) -> Change.Facts? {
        scanner.reset(text)
        var facts = Change.Facts()
        do {
            try readMembers { reader, name in try reader.read(name, into: &facts) }
        } catch {
            return nil
        }
        return scanner.isAtEnd() ? facts : nil
    }

    private mutating func read(_ name: String, into facts: inout Change.Facts) throws {
        switch name {
        case "id": facts.id = try text()
        case "web_id": facts.webID = try number()
        case "email": facts.email = try text()
        case "email_type": facts.emailType = try text()
        case "ip_opt": facts.optIP = try text()
        case "ip_signup": facts.signupIP = try text()
        case "merges": facts.merges = try list { reader in try reader.values() }
        case "groups": facts.groups = try list { reader in try reader.group() }
        case "reason": facts.reason = try text()
        case "action": facts.action = try text()
        case "campaign": facts.campaign = try text()
        case "old_email": facts.oldEmail = try text()
        case "subject": facts.subject = try text()
        case "status": facts.status = try text()
        default: _ = try value()
        }
    }

    /// Values by tag.
    private mutating func values() throws -> [String: String?] {
        var values: [String: String?] = [:]
        try readMembers { reader, tag in values.updateValue(try reader.text(), forKey: tag) }
        return values
    }

    private mutating func group() throws -> Change.Facts.Group {
        var category: Int64?
        var name: String?
        try readMembers { reader, member in
            switch member {
            case "category": category = try reader.number()
            case "name": name = try reader.text()
            default: _ = try reader.value()
            }
        }
        guard let category, let name else { throw Damage() }
        return Change.Facts.Group(category: category, name: name)
    }

    // MARK: JSON

    /// Goes through the object that begins here; the body reads the value of each member.
    private mutating func readMembers(_ body: (inout FactsReader, String) throws -> Void) throws {
        guard scanner.enter("{") else { throw Damage() }
        var isFirst = true
        while let key = scanner.key(isFirst: isFirst) {
            isFirst = false
            try body(&self, try Self.text(key))
        }
        if scanner.isFaulty { throw Damage() }
    }

    /// The items of the array that begins here; nil for null.
    private mutating func list<Item>(_ item: (inout FactsReader) throws -> Item) throws -> [Item]? {
        guard scanner.enter("[") else {
            guard try value().kind == .null else { throw Damage() }
            return nil
        }
        var items: [Item] = []
        while scanner.item(isFirst: items.isEmpty) { items.append(try item(&self)) }
        if scanner.isFaulty { throw Damage() }
        return items
    }

    /// A string; nil for null.
    private mutating func text() throws -> String? {
        let value = try value()
        switch value.kind {
        case .string: return try Self.text(value.bytes)
        case .null: return nil
        default: throw Damage()
        }
    }

    /// A whole number; nil for null.
    private mutating func number() throws -> Int64? {
        let value = try value()
        if value.kind == .null { return nil }
        guard value.kind == .number, let number = parseNumber(value.bytes) else { throw Damage() }
        switch number {
        case .integer(let number): return number
        case .real(let number):
            guard let whole = Int64(exactly: number) else { throw Damage() }
            return whole
        default: throw Damage()
        }
    }

    private mutating func value() throws -> JSONScanner.Value {
        guard let value = scanner.value() else { throw Damage() }
        return value
    }

    private static func text(_ bytes: UnsafeRawBufferPointer) throws -> String {
        // As raw bytes they would be taken one by one.
        let bytes = bytes.assumingMemoryBound(to: UInt8.self)
        guard let text = String(validating: bytes, as: UTF8.self) else { throw Damage() }
        return text
    }
}
