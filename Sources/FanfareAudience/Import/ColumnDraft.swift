import FanfarePayload

/// A column map for a contact file whose header does not say by itself what its columns are: addresses under another
/// name, headers that give no tag, two that give the same.
package struct ColumnDraft {
    /// A column that must be explained.
    package struct Column {
        /// As it stands in the file.
        package let header: String
        /// What it is to be.
        package let spec: ColumnSpec
    }

    /// In the file's order; what explains itself is not among them.
    package private(set) var columns: [Column] = []
    /// Tags that other columns have.
    private var taken: Set<String> = ["EMAIL"]
    private var meanings: Set<SlotTarget> = []

    /// Drafts a map from the beginning of a file; none for JSON Lines, whose keys come one by one.
    ///
    /// - Throws: `AudienceError` for a file that cannot be read.
    package init(of path: String) throws {
        guard let sample = try ColumnSample(of: path) else { return }
        let addresses = sample.addressColumn
        let headers = sample.headers
        let plain = headers.filter { header in
            !isRepeated(header, in: headers) && header != addresses && ownTag(of: header) != nil
        }
        taken.formUnion(plain.compactMap(ownTag))
        var given: Set<String> = []
        for header in headers where !header.isEmpty && header.count <= Self.longestHeader {
            guard given.insert(header).inserted else { continue }
            if isRepeated(header, in: headers) {
                columns.append(Column(header: header, spec: .ignored))
            } else if header == addresses {
                columns.append(Column(header: header, spec: ColumnSpec(tag: "EMAIL")))
            } else if !explainsItself(header, among: plain) {
                columns.append(Column(header: header, spec: ColumnSpec(tag: newTag(for: header))))
            }
        }
    }

    /// Longer ones are no keys of a job file.
    private static let longestHeader = 200
    private static let longestTag = 50

    /// A map tells columns apart by their headers.
    private func isRepeated(_ header: String, in headers: [String]) -> Bool {
        headers.count { $0 == header } > 1
    }

    /// The tag that an import gives a header nobody has explained; nil for a known one, and for one that gives none.
    private func ownTag(of header: String) -> String? {
        guard KnownColumn(header: header) == nil, let tag = derivedTag(of: header) else { return nil }
        return tag.utf8.count <= Self.longestTag ? tag : nil
    }

    private mutating func explainsItself(_ header: String, among plain: [String]) -> Bool {
        if let known = KnownColumn(header: header) { return meanings.insert(known.target).inserted }
        if header.hasPrefix(SlotResolver.fieldPrefix) { return true }
        guard let tag = ownTag(of: header) else { return false }
        return plain.first { ownTag(of: $0) == tag } == header
    }

    /// The header's own tag, else numbered.
    private mutating func newTag(for header: String) -> String {
        let base = derivedTag(of: header).map { String($0.prefix(Self.longestTag - 4)) }
        var number = base == nil ? 1 : 2
        var tag = base ?? "FIELD1"
        while KnownColumn(header: tag) != nil || !taken.insert(tag).inserted {
            tag = "\(base ?? "FIELD")\(number)"
            number += 1
        }
        return tag
    }
}
