import FanfareStore

/// What is wrong with an audience, a contact file or a segment.
///
/// Texts name places, columns, tags and what is accepted; a contact's values only where the value itself is at fault.
public struct AudienceError: Error, Sendable, CustomStringConvertible {
    /// What a caller can act on.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String, Sendable {
            case unreadableFile, malformedFile, noAddressColumn, invalidColumns, tooManyRejects, noUsableRow, cancelled
            case invalidSegment, unknownTag, unknownSegment, unknownField, unknownGroup, unknownAudience, unknownContact
            case contactExists, invalidAddress, invalidValue, suppressed, audienceInUse, fieldInUse, groupInUse, storage
        }

        private let kind: Kind
        /// The contact file cannot be opened or read.
        public static let unreadableFile = Code(kind: .unreadableFile)
        /// The contact file is damaged as a whole: its rest cannot be read.
        public static let malformedFile = Code(kind: .malformedFile)
        /// The contact file has no column with addresses, or no header.
        public static let noAddressColumn = Code(kind: .noAddressColumn)
        /// The column map does not fit the file or the audience.
        public static let invalidColumns = Code(kind: .invalidColumns)
        /// More rows were rejected than allowed.
        public static let tooManyRejects = Code(kind: .tooManyRejects)
        /// The contact file has rows, and every one of them was rejected.
        public static let noUsableRow = Code(kind: .noUsableRow)
        /// The caller stopped the import.
        public static let cancelled = Code(kind: .cancelled)
        /// A segment's conditions do not fit the audience.
        public static let invalidSegment = Code(kind: .invalidSegment)
        /// No tag of that name or id.
        public static let unknownTag = Code(kind: .unknownTag)
        /// No saved segment of that name.
        public static let unknownSegment = Code(kind: .unknownSegment)
        /// No merge field of that tag.
        public static let unknownField = Code(kind: .unknownField)
        /// No group of that name or id.
        public static let unknownGroup = Code(kind: .unknownGroup)
        /// The audience has a contact with that address already.
        public static let contactExists = Code(kind: .contactExists)
        /// An address is none.
        public static let invalidAddress = Code(kind: .invalidAddress)
        /// A value is none of its field or column; ``AudienceError/field`` names it.
        public static let invalidValue = Code(kind: .invalidValue)
        /// The address is on the suppression list: it is never to be contacted again.
        public static let suppressed = Code(kind: .suppressed)
        /// No audience of that name or id.
        public static let unknownAudience = Code(kind: .unknownAudience)
        /// The audience is needed by something that is under way.
        public static let audienceInUse = Code(kind: .audienceInUse)
        /// A saved segment has a condition on the merge field.
        public static let fieldInUse = Code(kind: .fieldInUse)
        /// Something else needs the group.
        public static let groupInUse = Code(kind: .groupInUse)
        /// No contact with that address.
        public static let unknownContact = Code(kind: .unknownContact)
        /// The database or disk failed; ``AudienceError/cause`` is a `StoreError`.
        public static let storage = Code(kind: .storage)

        /// The code's name.
        public var description: String { kind.rawValue }
    }

    /// A place in a file of the user's.
    public struct Place: Sendable, Hashable, Codable, CustomStringConvertible {
        /// The file, or the name of an entry of an archive.
        public let file: String
        /// From 1; nil: the file as a whole.
        public let line: Int?

        /// - Parameters:
        ///   - file: The file.
        ///   - line: From 1.
        public init(file: String, line: Int? = nil) {
            self.file = file
            self.line = line
        }

        /// `file:line`.
        public var description: String { line.map { "\(file):\($0)" } ?? file }
    }

    /// What a caller can act on.
    public let code: Code
    /// One sentence for a person.
    public let message: String
    /// Where in the user's file.
    public let place: Place?
    /// The merge field, column or part of a request that is at fault; nil: none alone.
    public let field: String?
    /// What lies beneath.
    public let cause: (any Error)?

    /// - Parameters: see the properties of the same names.
    public init(
        _ code: Code,
        _ message: String,
        place: Place? = nil,
        field: String? = nil,
        cause: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.place = place
        self.field = field
        self.cause = cause
    }

    /// Wraps what the database reported; an `AudienceError` stays what it is.
    ///
    /// - Parameters:
    ///   - error: What was thrown.
    ///   - path: The database, for the message.
    public init(_ error: any Error, path: String) {
        if let error = error as? AudienceError {
            self = error
            return
        }
        let beneath = StoreError(error, path: path)
        self.init(.storage, beneath.message, cause: beneath)
    }

    /// The place and the sentence.
    public var description: String { place.map { "\($0): \(message)" } ?? message }
}
