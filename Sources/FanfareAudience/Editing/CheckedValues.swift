import FanfarePayload
import FanfareStore

/// A value as a column keeps it.
enum StoredValue {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)

    /// A text, or none.
    init(_ text: String?) { self = text.map { .text($0) } ?? .null }
}

/// Values that have been checked, by the column that they go into.
struct CheckedValues {
    private(set) var columns: [String] = []
    private(set) var values: [StoredValue] = []

    mutating func set(_ column: String, _ value: StoredValue) {
        columns.append(column)
        values.append(value)
    }

    /// Sets a standard column that nothing was said of.
    mutating func setUnlessThere(_ column: SystemColumn, _ value: StoredValue) {
        if !columns.contains(column.rawValue) { set(column.rawValue, value) }
    }
}

extension HotStatement {
    /// Binds values to the parameters from one on.
    ///
    /// - Returns: The parameter after the last of them.
    func bind(_ values: [StoredValue], from first: Int) -> Int {
        var index = first
        for value in values {
            switch value {
            case .null: bindNull(index)
            case .integer(let number): bind(index, number)
            case .real(let number): bind(index, number)
            case .text(let text): bind(index, text)
            }
            index += 1
        }
        return index
    }
}

extension SystemColumn {
    /// What programs that write it call it: Mailchimp's API has other names than its exports.
    fileprivate var writtenName: String {
        switch self {
        case .signupTime: "timestamp_signup"
        case .signupIP: "ip_signup"
        case .optTime: "timestamp_opt"
        case .optIP: "ip_opt"
        case .latitude: "location.latitude"
        case .longitude: "location.longitude"
        default: rawValue
        }
    }
}

extension ContactEditor {
    /// Bytes of a value at most. Mailchimp cuts texts at 255; an address of six parts may be longer.
    private static let longestValue = 4096

    /// - Returns: The address as it is compared.
    /// - Throws: `AudienceError` with `invalidAddress`.
    func check(address: String) throws -> String {
        var text = address
        if let fault = text.withUTF8({ addressFault(UnsafeRawBufferPointer($0)) }) {
            throw AudienceError(.invalidAddress, "\(fault): \"\(address.brief)\"", field: "email_address")
        }
        return try folded(address)
    }

    /// Reads the values of an edit as an import would read the cells of a row.
    ///
    /// In the order of their names, so that edits of the same columns share a statement.
    func checkedValues(_ edit: ContactEdit) throws -> CheckedValues {
        var parser = CellParser()
        parser.beginRow()
        var checked = CheckedValues()
        for (tag, text) in edit.fields.sorted(by: { $0.key < $1.key }) {
            guard let entry = form.fields.entry(named: tag) else {
                let near = nearestName(to: tag.uppercased(), among: form.fields.entries.map(\.field.tag))
                let hint = near.map { "; did you mean \($0)?" } ?? ""
                throw AudienceError(.unknownField, "the audience has no field \(tag.brief)\(hint)", field: tag)
            }
            checked.set(entry.column, try Self.value(text, as: CellContent(entry.field), named: tag, &parser))
        }
        for (column, text) in edit.details.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            let value = try Self.value(text, as: column.content, named: column.writtenName, &parser)
            checked.set(column.rawValue, value)
        }
        return checked
    }

    /// - Parameter name: What the caller calls it, for the error.
    /// - Throws: `AudienceError` with `invalidValue`.
    static func value(
        _ text: String,
        as content: CellContent,
        named name: String,
        _ parser: inout CellParser
    ) throws -> StoredValue {
        if text.utf8.count > longestValue {
            throw AudienceError(
                .invalidValue,
                "\(name) is longer than \(longestValue) bytes",
                field: name
            )
        }
        if text.utf8.contains(0) {
            throw AudienceError(.invalidValue, "\(name) holds a NUL character", field: name)
        }
        var cell = text
        return try cell.withUTF8 { bytes in
            switch parser.parse(UnsafeRawBufferPointer(bytes), as: content) {
            case .null, .cleared: return .null
            case .text(let bytes): return .text(String(decoding: bytes, as: UTF8.self))
            case .integer(let number): return .integer(number)
            case .real(let number): return .real(number)
            case nil:
                throw AudienceError(
                    .invalidValue,
                    "\(name): \"\(text.brief)\" is not \(content.accepted)",
                    field: name
                )
            }
        }
    }
}
