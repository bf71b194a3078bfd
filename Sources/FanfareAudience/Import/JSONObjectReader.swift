/// Takes the objects of JSON Lines apart into named cells: flat ones (`{"email": …, "city": …}`) and members as
/// Mailchimp's API writes them, whose `merge_fields`, `location` and `last_note` are opened.
struct JSONObjectReader: ~Copyable {
    /// A name, as it is asked for among the columns, and what the object says of it.
    struct Member {
        let prefix: StaticString
        let key: UnsafeRawBufferPointer
        let value: JSONScanner.Value
    }

    /// The members of the current object; valid until the next ``read(_:)``.
    private(set) var members: ContiguousArray<Member> = []
    private var scanner = JSONScanner()

    /// Reads one line.
    ///
    /// - Returns: What is wrong with it, going on from "the line"; nil when it was read.
    mutating func read(_ line: UnsafeRawBufferPointer) -> String? {
        members.removeAll(keepingCapacity: true)
        scanner.reset(line)
        guard scanner.enter("{") else { return "is no JSON object" }
        guard readMembers(prefix: "", opens: true), scanner.isAtEnd() else {
            return "is not valid JSON, or escapes a NUL"
        }
        return nil
    }

    /// The names in a list: texts, or objects with a `name` as the API writes tags.
    ///
    /// - Returns: Nil when it is neither.
    mutating func names(in list: JSONScanner.Value, _ body: (UnsafeRawBufferPointer) throws -> Void) rethrows -> Bool {
        scanner.position = list.offset
        guard scanner.enter("[") else { return false }
        var isFirst = true
        while scanner.item(isFirst: isFirst) {
            isFirst = false
            guard let value = scanner.value() else { return false }
            switch value.kind {
            case .string: try body(value.bytes)
            case .object:
                let end = scanner.position
                guard let name = member("name", of: value) else { return false }
                try body(name)
                scanner.position = end
            default: return false
            }
        }
        return true
    }

    /// Whether all members of an object are empty texts or null: an address without a part.
    mutating func isBlank(_ object: JSONScanner.Value) -> Bool {
        scanner.position = object.offset
        guard scanner.enter("{") else { return false }
        var isFirst = true
        while scanner.key(isFirst: isFirst) != nil {
            isFirst = false
            guard let value = scanner.value(), value.kind == .null || (value.kind == .string && value.bytes.isEmpty)
            else {
                return false
            }
        }
        return true
    }

    private mutating func member(_ name: StaticString, of object: JSONScanner.Value) -> UnsafeRawBufferPointer? {
        scanner.position = object.offset
        guard scanner.enter("{") else { return nil }
        var isFirst = true
        while let key = scanner.key(isFirst: isFirst) {
            isFirst = false
            guard let value = scanner.value() else { return nil }
            if value.kind == .string, isEqual(key, name) { return value.bytes }
        }
        return nil
    }

    private mutating func readMembers(prefix: StaticString, opens: Bool) -> Bool {
        var isFirst = true
        while let key = scanner.key(isFirst: isFirst) {
            isFirst = false
            if opens, let inner = JSONObjectReader.opened.first(where: { isEqual(key, $0.key) }), scanner.enter("{") {
                guard readMembers(prefix: inner.prefix, opens: false) else { return false }
                continue
            }
            guard let value = scanner.value() else { return false }
            members.append(Member(prefix: prefix, key: key, value: value))
        }
        return !scanner.isFaulty
    }

    /// Objects whose members count as the row's own, under these names.
    private static let opened: [(key: StaticString, prefix: StaticString)] = [
        ("merge_fields", "merge_fields."), ("location", "location."), ("last_note", "last_note."),
    ]
}

private func isEqual(_ bytes: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
    bytes.elementsEqual(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
}
