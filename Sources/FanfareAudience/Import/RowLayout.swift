import FanfarePayload

/// Where the value of a slot goes.
enum SlotTarget: Hashable {
    case email, status, tags, ignored
    case system(SystemColumn)
    case field(FieldTable.Entry)
    /// Names of groups of the category with this id.
    case group(category: Int64)

    /// What the cell is read as; nil where it is handled as a list or not at all.
    var content: CellContent? {
        switch self {
        case .email, .tags, .ignored, .group: nil
        case .status: .status
        case .system(let column): column.content
        case .field(let entry): CellContent(entry.field)
        }
    }

    /// The column of `contact` that is written as it is parsed; nil where more is to be done.
    var column: String? {
        switch self {
        case .system(let column): column.rawValue
        case .field(let entry): entry.column
        case .email, .status, .tags, .ignored, .group: nil
        }
    }
}

/// One place of a row: a column of a CSV file, a key of JSON objects.
struct Slot {
    let name: String
    let target: SlotTarget
    /// See `SlotTarget.content`.
    let content: CellContent?

    init(name: String, target: SlotTarget) {
        self.name = name
        self.target = target
        content = target.content
    }
}

/// What a header or key means by itself, before the audience is asked.
enum KnownColumn {
    case email, status, tags
    case system(SystemColumn)

    /// `email`, `email_address`, `Email Address`, `tags`, `status` in any case; Mailchimp's columns exactly.
    init?(header: String) {
        switch header.lowercased() {
        case "email", "email_address", "email address": self = .email
        case "tags": self = .tags
        case "status": self = .status
        default:
            guard let column = SystemColumn.byExportHeader[header] else { return nil }
            self = .system(column)
        }
    }

    var target: SlotTarget {
        switch self {
        case .email: .email
        case .status: .status
        case .tags: .tags
        case .system(let column): .system(column)
        }
    }
}

/// The tag of a header nobody has explained: upper case, `_` for what is not a letter or digit of ASCII.
///
/// - Returns: Nil when no letter or digit is left.
func derivedTag(of header: String) -> String? {
    var tag: [UInt8] = []
    var hasContent = false
    for character in header.uppercased() {
        let byte = character.asciiValue ?? 0
        let accepted = byte &- UInt8(ascii: "A") < 26 || isDigit(byte)
        hasContent = hasContent || accepted
        tag.append(accepted ? byte : UInt8(ascii: "_"))
    }
    return hasContent ? String(decoding: tag, as: UTF8.self) : nil
}
