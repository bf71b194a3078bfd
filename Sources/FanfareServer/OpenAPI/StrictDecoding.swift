import FanfareAudience

extension Decoder {
    /// The members of an object that has no others than these.
    ///
    /// - Throws: `DecodingError` that names a stray one and those that are accepted.
    func members<Key: CodingKey & CaseIterable>(_ keys: Key.Type) throws -> KeyedDecodingContainer<Key> {
        let accepted = Key.allCases.map(\.stringValue)
        let stray = try container(keyedBy: AnyKey.self).allKeys.first { !accepted.contains($0.stringValue) }
        if let stray {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: codingPath + [stray],
                    debugDescription: "There is no such member; accepted: \(accepted.joined(separator: ", "))."
                )
            )
        }
        return try container(keyedBy: keys)
    }
}

extension KeyedDecodingContainer {
    /// A value; nil where it is left out. Null is none, as the document says.
    ///
    /// - Throws: `DecodingError`.
    func optional<Value: Decodable>(_ type: Value.Type, _ key: Key) throws -> Value? {
        contains(key) ? try decode(type, forKey: key) : nil
    }

    /// A text; nil where it is left out.
    ///
    /// - Throws: `DecodingError` for one that is too short or too long.
    func text(_ key: Key, length: ClosedRange<Int>) throws -> String? {
        guard let text = try optional(String.self, key) else { return nil }
        if length.contains(text.unicodeScalars.count) { return text }
        throw DecodingError.dataCorruptedError(
            forKey: key,
            in: self,
            debugDescription: "It has \(length.lowerBound) to \(length.upperBound) characters."
        )
    }

    /// A text that must be there.
    ///
    /// - Throws: `DecodingError` for one that is left out, too short or too long.
    func text(required key: Key, length: ClosedRange<Int>) throws -> String {
        try text(key, length: length) ?? decode(String.self, forKey: key)
    }

    /// A word of some; nil where it is left out.
    ///
    /// - Throws: `DecodingError` that names those that are accepted.
    func word<Word>(_ key: Key, of words: [Word], called name: (Word) -> String) throws -> Word? {
        guard let text = try optional(String.self, key) else { return nil }
        return try Self.word(text, of: words, called: name, codingPath + [key])
    }

    /// A list of words of some, of at most as many as there are; nil where it is left out.
    ///
    /// - Throws: `DecodingError` that names those that are accepted, or says how many.
    func words<Word: Hashable>(_ key: Key, of words: [Word], called name: (Word) -> String) throws -> Set<Word>? {
        guard let texts = try optional([String].self, key) else { return nil }
        guard texts.count <= words.count else {
            throw DecodingError.dataCorruptedError(
                forKey: key,
                in: self,
                debugDescription: "It has at most \(words.count) items."
            )
        }
        return Set(try texts.map { try Self.word($0, of: words, called: name, codingPath + [key]) })
    }

    /// A moment in ISO 8601, as Unix seconds; nil where it is left out.
    ///
    /// - Throws: `DecodingError`.
    func time(_ key: Key) throws -> Int64? {
        guard let text = try optional(String.self, key) else { return nil }
        if let time = unixTime(of: text) { return time }
        throw DecodingError.dataCorruptedError(
            forKey: key,
            in: self,
            debugDescription: "A time such as 2026-11-27T09:00:00+00:00 is accepted."
        )
    }

    private static func word<Word>(
        _ text: String,
        of words: [Word],
        called name: (Word) -> String,
        _ path: [any CodingKey]
    ) throws -> Word {
        if let word = words.first(where: { name($0) == text }) { return word }
        let accepted = words.map(name).joined(separator: ", ")
        throw DecodingError.dataCorrupted(
            .init(codingPath: path, debugDescription: "\"\(text.prefix(40))\" is none of: \(accepted).")
        )
    }
}

/// The name of any member.
private struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}
