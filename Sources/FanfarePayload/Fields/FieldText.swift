extension MergeField {
    /// How templates show its values.
    var shape: ValueShape {
        switch (kind, dateFormat.uppercased()) {
        case (.date, "MM/DD/YYYY"): .monthFirstDate
        case (.date, "DD/MM/YYYY"): .dayFirstDate
        case (.birthday, "DD/MM"): .dayFirstBirthday
        case (.address, _): .address
        default: .asStored
        }
    }
}

extension RequestBuffer {
    /// Appends a stored value in the shape that templates show.
    ///
    /// One that is not stored as its kind should be is appended as it is.
    ///
    /// - Returns: False when the place cannot hold the value.
    mutating func append(
        _ value: UnsafeRawBufferPointer,
        shaped shape: ValueShape,
        escapedFor escape: Escape
    ) -> Bool {
        switch shape {
        case .asStored: break
        case .address:
            if AddressText.isObject(value) { return append(address: value, escapedFor: escape) }
        case .monthFirstDate, .dayFirstDate:
            guard value.count == 10, value[4] == UInt8(ascii: "-"), value[7] == UInt8(ascii: "-") else { break }
            let year = (value[0], value[1], value[2], value[3])
            let month = (value[5], value[6])
            let day = (value[8], value[9])
            let (first, second) = shape == .monthFirstDate ? (month, day) : (day, month)
            let slash = UInt8(ascii: "/")
            let shown = (
                first.0, first.1, slash, second.0, second.1, slash, year.0, year.1, year.2, year.3
            )
            return withUnsafeBytes(of: shown) { append($0, escapedFor: escape) }
        case .dayFirstBirthday:
            guard value.count == 5, value[2] == UInt8(ascii: "/") else { break }
            let shown = (value[3], value[4], UInt8(ascii: "/"), value[0], value[1])
            return withUnsafeBytes(of: shown) { append($0, escapedFor: escape) }
        }
        return append(value, escapedFor: escape)
    }
}
