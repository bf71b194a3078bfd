import FanfarePayload

/// What a cell is read as.
enum CellContent: Sendable, Hashable {
    case text, number, time, rating, boolean, status
    case date(dayFirst: Bool)
    case birthday(dayFirst: Bool)
    case choice([String])
}

extension CellContent {
    /// What the values of a merge field are read as.
    init(_ field: MergeField) {
        let dayFirst = field.dateFormat.hasPrefix("DD")
        switch field.kind {
        case .number: self = .number
        case .date: self = .date(dayFirst: dayFirst)
        case .birthday: self = .birthday(dayFirst: dayFirst)
        case .radio, .dropdown: self = field.choices.isEmpty ? .text : .choice(field.choices)
        case .text, .address, .phone, .url, .imageurl, .zip: self = .text
        }
    }

    /// What a cell must hold, for the reason of a reject.
    var accepted: String {
        switch self {
        case .text: "text"
        case .number: "a number such as 12 or 3.5"
        case .time: "a time such as 2026-11-27 09:00:00"
        case .rating: "a whole number from 0 to 5"
        case .boolean: "true, false, 1 or 0"
        case .status: ContactStatus.allCases.map(\.rawValue).joined(separator: ", ")
        case .date(let dayFirst):
            "a date as YYYY-MM-DD, YYYY/MM/DD, DD-MM-YYYY or \(dayFirst ? "DD/MM/YYYY" : "MM/DD/YYYY")"
        case .birthday(let dayFirst): "a day of the year as \(dayFirst ? "DD/MM" : "MM/DD")"
        case .choice(let choices): "one of \(choices.joined(separator: ", "))"
        }
    }
}

/// A checked cell, as it is bound to a statement.
///
/// Text points into the reader's or the parser's buffer.
enum CellValue {
    /// The file says nothing.
    case null
    /// The file says that there is no value.
    case cleared
    case text(UnsafeRawBufferPointer)
    case integer(Int64)
    case real(Double)
}
