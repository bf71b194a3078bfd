/// The merge tags that a template may hold, and what each stands for.
struct TagCatalogue {
    /// What a tag that inserts something stands for.
    enum Meaning {
        /// A contact's value; the field is nil for system columns.
        case column(ContactColumn, MergeField?)
        /// Now, in a format of PHP's letters.
        case date([UInt8])
        case deliveryID
        /// The same for every contact.
        case constant(String)
        /// A link to a page of the contact's own.
        case page(ContactPage, PageLinks)
        /// It is known, and cannot be had here: why, as the end of a sentence that begins with the tag.
        case unavailable(String)
    }

    private let fields: [String: MergeField]
    private let groups: [String: [String]]?
    private let audienceName: String?
    private let links: PageLinks.Supply

    /// - Parameters:
    ///   - fields: The audience's merge fields; where two have one tag the first counts.
    ///   - groups: The names of the groups by their category; nil: they are not known.
    ///   - audienceName: What `*|LIST:NAME|*` inserts; nil: the tag is unknown.
    ///   - links: What links to hosted pages are made of.
    init(
        fields: [MergeField],
        groups: [String: [String]]? = nil,
        audienceName: String?,
        links: PageLinks.Supply
    ) {
        self.fields = Dictionary(fields.map { ($0.tag, $0) }) { first, _ in first }
        self.groups = groups
        self.audienceName = audienceName
        self.links = links
    }

    /// What the text between `*|` and `|*` stands for; nil when it is unknown.
    func meaning(of tag: String) -> Meaning? {
        if let column = column(named: tag) { return .column(column.0, column.1) }
        switch tag {
        case "DATE": return .date(Array("Y-m-d".utf8))
        case "CURRENT_YEAR": return .date(Array("Y".utf8))
        case "DELIVERY_ID": return .deliveryID
        case "LIST:NAME": return audienceName.map { .constant($0) }
        case "UNSUB", "UPDATE_PROFILE", "LIST:SUBSCRIBE": return link(tag)
        default:
            let format = tag.utf8.dropFirst("DATE:".utf8.count)
            return tag.hasPrefix("DATE:") && !format.isEmpty ? .date(Array(format)) : nil
        }
    }

    private func link(_ tag: String) -> Meaning {
        switch links {
        case .none(let reason): .unavailable(reason)
        case .links(let links) where tag == "LIST:SUBSCRIBE": .constant(links.publicURL.signUp(to: links.audience))
        case .links(let links): .page(tag == "UNSUB" ? .unsubscribe : .preferences, links)
        }
    }

    /// The contact's value of that name, which conditions and `require` may name too.
    func column(named name: String) -> (ContactColumn, MergeField?)? {
        switch name {
        case "EMAIL": (.email, nil)
        case "EMAIL_UID": (.emailID, nil)
        case "UNIQID": (.uniqueID, nil)
        case "MC_LANGUAGE": (.language, nil)
        default: fields[name].map { (.field(name), $0) }
        }
    }

    /// What is wrong with asking for these groups of the category, one sentence each.
    ///
    /// Categories are named by whoever makes the audience, groups by the contacts that are in them: of a category with
    /// nobody in it yet, any group may be asked for.
    func problems(withGroups names: [String], of category: String) -> [String] {
        guard let groups else { return [] }
        guard let known = groups[category] else {
            let hint = NearestName.hint(for: category, among: groups.keys.sorted())
            let none = groups.isEmpty ? "; the audience has no groups: a column holds them by `{role: group}`" : ""
            return ["unknown category \"\(category.shortened)\"\(hint)\(none)"]
        }
        if known.isEmpty { return [] }
        return names.filter { !known.contains($0) }.map { name in
            let hint = NearestName.hint(for: name, among: known)
            return "unknown group \"\(name.shortened)\" of \(category.shortened)\(hint)"
        }
    }

    /// The names a contact has values of.
    var columnNames: [String] { ["EMAIL", "EMAIL_UID", "MC_LANGUAGE", "UNIQID"] + fields.keys.sorted() }

    /// The names a tag may have.
    var names: [String] {
        columnNames + ["CURRENT_YEAR", "DATE", "DELIVERY_ID"] + (audienceName == nil ? [] : ["LIST:NAME"])
            + ["LIST:SUBSCRIBE", "UNSUB", "UPDATE_PROFILE", "ELSE:", "END:IF", "END:INTERESTED"]
    }

    /// The word before the colon that a tag such as `FI:FNAME` begins with by mistake; nil: none is near.
    static func blockWord(nearestTo tag: String) -> String? {
        guard let colon = tag.firstIndex(of: ":") else { return nil }
        let word = String(tag[...colon])
        let words = ["IF:", "IFNOT:", "ELSEIF:", "INTERESTED:", "DATE:"]
        return words.contains(word) ? nil : NearestName.among(words, to: word)
    }
}

/// Finds what somebody may have meant.
enum NearestName {
    /// The name that is near, nil: none.
    static func among(_ names: [String], to seen: String) -> String? {
        let upper = seen.uppercased()
        let bytes = Array(upper.utf8.prefix(64))
        let ranked = names.map { (name: $0, distance: editDistance(bytes, Array($0.uppercased().utf8.prefix(64)))) }
        guard let best = ranked.min(by: { $0.distance < $1.distance }), best.distance <= max(1, upper.count / 3) else {
            return nil
        }
        return best.name
    }

    /// ` (did you mean FNAME?)`, or nothing when no name is near.
    static func hint(for seen: String, among names: [String]) -> String {
        among(names, to: seen).map { " (did you mean \($0)?)" } ?? ""
    }
}
