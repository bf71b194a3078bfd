import FanfareAudience
import FanfarePayload

/// What Mailchimp accepts of programs as the value of a merge field.
///
/// Imports are more lenient: who moves an audience here had better keep what it has than lose contacts over it.
extension MergeValue {
    /// Bytes of a text at most.
    private static let longestText = 255

    /// As a field of a type keeps it: Mailchimp cuts a text that is too long, and does not refuse it.
    func cut(for kind: MergeField.Kind) -> MergeValue {
        guard kind == .text, case .text(let text) = self, text.utf8.count > Self.longestText else { return self }
        var end = text.utf8.index(text.startIndex, offsetBy: Self.longestText)
        // A character that begins before the limit and ends behind it is left out whole.
        while UTF8.isContinuation(text.utf8[end]) { text.utf8.formIndex(before: &end) }
        return .text(String(text[..<end]))
    }

    /// - Returns: What is wrong with it as a value of a field, for a person; nil: nothing. An empty one clears.
    func fault(in field: MergeField, _ check: inout ValueCheck) -> String? {
        let text = self.text
        if text.isEmpty { return nil }
        return faultOfKind(field.kind) ?? check.fault(of: text, in: field)
    }

    /// What is wrong with it by the rules that only programs must follow. Nothing looks at what an `imageurl` leads to:
    /// a request that has the agent ask any address would serve others more than us.
    private func faultOfKind(_ kind: MergeField.Kind) -> String? {
        switch (kind, self) {
        case (.address, .address(let parts)):
            Self.fault(ofAddress: parts)
        case (.address, .text):
            "An address is an object of addr1, city, state and zip; addr2 and country may be added."
        case (_, .address):
            "A text or a number is expected."
        case (.url, .text(let text)), (.imageurl, .text(let text)):
            Self.isWebAddress(text) ? nil : "A URL is expected that begins with http:// or https://."
        case (.zip, .text(let text)):
            text.utf8.count == 5 && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
                ? nil : "A zip code of five digits is expected."
        default: nil
        }
    }

    private static func fault(ofAddress parts: [String: String]) -> String? {
        let missing = ["addr1", "city", "state", "zip"].filter { (parts[$0] ?? "").allSatisfy(\.isWhitespace) }
        if !missing.isEmpty { return "Please enter a complete address: it lacks \(missing.joined(separator: ", "))." }
        let country = parts["country"] ?? ""
        let isCode = country.count == 2 && country.allSatisfy { $0.isASCII && $0.isLetter }
        return country.isEmpty || isCode ? nil : "A country is named by two letters, such as US."
    }

    private static func isWebAddress(_ text: String) -> Bool {
        let lower = text.lowercased()
        guard let scheme = ["http://", "https://"].first(where: { lower.hasPrefix($0) }) else { return false }
        let host = lower.dropFirst(scheme.count).prefix { !"/?#".contains($0) }
        let isOneWord = lower.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value != 0x7F }
        return isOneWord && host.contains { $0.isLetter || $0.isNumber }
    }
}
