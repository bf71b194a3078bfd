/// The names that a job may have.
package enum JobName {
    /// What is accepted, for messages.
    package static let accepted =
        "a name of 1 … 100 characters, without / or control characters, nor spaces at its ends"
    static let length = 1...100

    /// Whether a job may have the name.
    package static func accepts(_ name: String) -> Bool {
        length.contains(name.unicodeScalars.count) && name.unicodeScalars.allSatisfy(isClean)
            && name.first?.isWhitespace == false && name.last?.isWhitespace == false
    }

    /// The name nearest to a text: spaces for what no name holds, none at the ends, cut where it is too long.
    ///
    /// - Returns: Nil when nothing is left.
    package static func nearest(to text: String) -> String? {
        let clean = String(String.UnicodeScalarView(text.unicodeScalars.map { isClean($0) ? $0 : " " }))
        let name = trimmed(String(trimmed(clean).unicodeScalars.prefix(length.upperBound)))
        return accepts(name) ? name : nil
    }

    private static func isClean(_ scalar: Unicode.Scalar) -> Bool {
        let category = scalar.properties.generalCategory
        return scalar != "/" && category != .control && category != .format
    }

    private static func trimmed(_ text: String) -> String {
        let front = text.drop { $0.isWhitespace }
        return String(front.reversed().drop { $0.isWhitespace }.reversed())
    }
}
