/// The text of a job file as the YAML reader is given it.
struct SourceText {
    /// More than any job needs; what is longer is somebody's contact file by mistake.
    static let maximumBytes = 1 << 20

    /// The text, without a byte order mark.
    let scalars: [Unicode.Scalar]
    /// Where each line begins, after a LF, a CR LF, or a CR alone.
    private let lineStarts: [Int]

    /// - Parameters:
    ///   - bytes: The file.
    ///   - maximumBytes: A longer file is refused.
    /// - Throws: The first thing that keeps it from being text at all, with its place.
    init(_ bytes: [UInt8], maximumBytes: Int = SourceText.maximumBytes) throws(SourceFault) {
        guard bytes.count <= maximumBytes else { throw SourceFault(.tooLarge(maximumBytes)) }
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) { throw SourceFault(.utf16) }
        var (scalars, isWhole) = SourceText.decode(bytes)
        if scalars.first == "\u{FEFF}" { scalars.removeFirst() }
        self.scalars = scalars
        lineStarts = SourceText.lineStarts(of: scalars)
        if let index = scalars.firstIndex(where: { !$0.isAllowedInYAML }) {
            throw SourceFault(.controlCharacter(scalars[index]), place: place(of: index))
        }
        if !isWhole { throw SourceFault(.notUTF8, place: place(of: scalars.count)) }
    }

    /// The scalars up to the first byte that is not UTF-8, and whether that is all.
    private static func decode(_ bytes: [UInt8]) -> ([Unicode.Scalar], isWhole: Bool) {
        var scalars: [Unicode.Scalar] = []
        scalars.reserveCapacity(bytes.count)
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        while true {
            switch decoder.decode(&iterator) {
            case .scalarValue(let scalar): scalars.append(scalar)
            case .emptyInput: return (scalars, true)
            case .error: return (scalars, false)
            }
        }
    }

    private static func lineStarts(of scalars: [Unicode.Scalar]) -> [Int] {
        var starts = [0]
        for (index, scalar) in scalars.enumerated() {
            let isBeforeLineFeed = index + 1 < scalars.count && scalars[index + 1] == "\n"
            if scalar == "\n" || (scalar == "\r" && !isBeforeLineFeed) { starts.append(index + 1) }
        }
        return starts
    }
}

extension SourceText {
    /// The lines, without their ends.
    var lines: [String] {
        lineStarts.indices.map { line in
            let end = line + 1 < lineStarts.count ? lineStarts[line + 1] : scalars.count
            let content = scalars[lineStarts[line]..<end].filter { $0 != "\n" && $0 != "\r" }
            return String(String.UnicodeScalarView(content))
        }
    }

    /// Line and column of a scalar, or of the end.
    func place(of index: Int) -> Place {
        let line = lineStarts.lastIndex { $0 <= index } ?? 0
        return Place(line: line + 1, column: index - lineStarts[line] + 1)
    }

    /// The index of the scalar at a place, or nil when the text has none there.
    func index(of place: Place) -> Int? {
        guard lineStarts.indices.contains(place.line - 1) else { return nil }
        let index = lineStarts[place.line - 1] + place.column - 1
        return scalars.indices.contains(index) ? index : nil
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
