import FanfarePayload

extension RowImporter {
    /// Refuses a header without addresses, or what is no header, before any column is made from it.
    func checkHeader(_ names: [String], options: ImportOptions, place: AudienceError.Place) throws {
        let unknown = options.columns.keys.filter { !names.contains($0) }.sorted()
        guard unknown.isEmpty else {
            throw AudienceError(
                .invalidColumns,
                "`columns` names \(quotedList(unknown)), but the file has the columns \(quotedList(names))"
                    + hint(for: unknown, among: names),
                place: place
            )
        }
        let hasAddress = names.contains { name in
            guard let spec = options.columns[name] else {
                if case .email? = KnownColumn(header: name) { return true }
                return false
            }
            return spec.role == .field && spec.tag == "EMAIL"
        }
        guard !hasAddress else { return }
        let isData = names.contains { $0.contains("@") }
        let hint = names.count == 1 && names[0].contains(";") ? "; cells must be separated by commas" : ""
        throw AudienceError(
            .noAddressColumn,
            isData
                ? "the first line is no header: it holds an address; give the file a line with the columns' names"
                : "no column holds the addresses: call it email, email_address or Email Address, or map it to EMAIL in "
                    + "`columns`; the file has \(quotedList(names))\(hint)",
            place: place
        )
    }

    /// Of the first that is near one of the file's.
    private func hint(for unknown: [String], among names: [String]) -> String {
        let near = unknown.lazy.compactMap { nearestName(to: $0, among: names) }.first
        return near.map { "; did you mean \"\($0.brief)\"?" } ?? ""
    }

    private func quotedList(_ names: [String]) -> String {
        let shown = names.prefix(20).map { "\"\($0.brief)\"" }.joined(separator: ", ")
        return names.count > 20 ? shown + ", …" : shown
    }
}

extension String {
    /// As much of a header or tag as a message shows.
    var brief: String { count > 60 ? "\(prefix(60))…" : self }
}
