/// The text of a job file as the YAML reader is given it.
struct SourceText {
    /// More than any job needs; what is longer is somebody's contact file by mistake.
    static let maximumBytes = 1 << 20

    /// The text, without a byte order mark.
    let scalars: [Unicode.Scalar]

    /// - Parameter bytes: The file.
    /// - Throws: What keeps it from being text at all: one problem for each kind, with its place.
    init(_ bytes: [UInt8], maximumBytes: Int = SourceText.maximumBytes) throws(SourceFault) {
        guard bytes.count <= maximumBytes else { throw SourceFault(.tooLarge(maximumBytes)) }
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) { throw SourceFault(.utf16) }
        var scalars: [Unicode.Scalar] = []
        scalars.reserveCapacity(bytes.count)
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        decoding: while true {
            switch decoder.decode(&iterator) {
            case .scalarValue(let scalar): scalars.append(scalar)
            case .emptyInput: break decoding
            case .error: throw SourceFault(.notUTF8, place: scalars.place(of: scalars.count))
            }
        }
        if scalars.first == "\u{FEFF}" { scalars.removeFirst() }
        if let index = scalars.firstIndex(where: { !$0.isAllowedInYAML }) {
            throw SourceFault(.controlCharacter(scalars[index]), place: scalars.place(of: index))
        }
        self.scalars = scalars
    }

    /// The lines, without their ends.
    var lines: [String] {
        var lines: [String] = []
        var line = String.UnicodeScalarView()
        for (index, scalar) in scalars.enumerated() {
            guard scalars.isLineEnd(at: index) else {
                if scalar != "\r" { line.append(scalar) }
                continue
            }
            lines.append(String(line))
            line = String.UnicodeScalarView()
        }
        lines.append(String(line))
        return lines
    }
}

/// What keeps a file from being read as YAML at all.
struct SourceFault: Error {
    enum Kind {
        case tooLarge(Int)
        case utf16
        case notUTF8
        case controlCharacter(Unicode.Scalar)
    }
    let kind: Kind
    let place: Place?

    init(_ kind: Kind, place: Place? = nil) {
        self.kind = kind
        self.place = place
    }

    var problem: JobProblem {
        switch kind {
        case .tooLarge(let limit):
            JobProblem(.unreadableFile, place: nil, message: "the file is larger than \(limit / 1024) KiB")
        case .utf16:
            JobProblem(.encoding, place: nil, message: "the file is UTF-16", suggestion: "save it as UTF-8")
        case .notUTF8:
            JobProblem(
                .encoding,
                place: place,
                message: "bytes that are not UTF-8",
                suggestion: "save the file as UTF-8"
            )
        case .controlCharacter(let scalar):
            JobProblem(
                .encoding,
                place: place,
                message: "a control character (U+\(scalar.hex)) that YAML does not allow",
                suggestion: "remove it; inside double quotes it can be written as an escape"
            )
        }
    }
}

extension Unicode.Scalar {
    fileprivate var hex: String {
        let digits = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    /// The printable characters of YAML 1.2.2 §5.1.
    fileprivate var isAllowedInYAML: Bool {
        switch value {
        case 0x09, 0x0A, 0x0D, 0x20...0x7E, 0x85, 0xA0...0xD7FF, 0xE000...0xFEFE, 0xFF00...0xFFFD, 0x10000...0x10FFFF:
            true
        default: false
        }
    }
}

extension [Unicode.Scalar] {
    /// A line ends with LF, CR LF, or a CR alone.
    func isLineEnd(at index: Int) -> Bool {
        self[index] == "\n" || (self[index] == "\r" && (index + 1 == count || self[index + 1] != "\n"))
    }

    /// Line and column of a scalar, or of the end.
    func place(of index: Int) -> Place {
        var line = 1
        var start = 0
        for position in 0..<index where isLineEnd(at: position) {
            line += 1
            start = position + 1
        }
        return Place(line: line, column: index - start + 1)
    }

    /// The index of the scalar at a place, or nil when the text has none there.
    func index(of place: Place) -> Int? {
        var line = 1
        var start = 0
        while line < place.line {
            guard let end = self[start...].indices.first(where: { isLineEnd(at: $0) }) else { return nil }
            start = end + 1
            line += 1
        }
        let index = start + place.column - 1
        return index < count ? index : nil
    }
}
