/// One contact's values in the order of ``RequestTemplate/columns``, borrowed from whoever reads them.
///
/// Nothing is copied: the pointers may be those of `sqlite3_column_text`, and must be valid while `render` runs.
public struct ContactRow {
    /// One value: UTF-8 bytes, or nil for NULL.
    public struct Value {
        /// First byte; nil: no value.
        public var start: UnsafeRawPointer?
        /// In bytes.
        public var count: Int

        /// - Parameters:
        ///   - start: First byte, or nil.
        ///   - count: In bytes.
        public init(start: UnsafeRawPointer?, count: Int) {
            self.start = start
            self.count = count
        }
    }

    private let values: UnsafeBufferPointer<Value>

    /// - Parameter values: One for each column of the template; they stay the caller's.
    public init(_ values: UnsafeBufferPointer<Value>) { self.values = values }

    /// The bytes of a slot; empty when there is no value.
    @inline(__always)
    subscript(slot: Int) -> UnsafeRawBufferPointer {
        let value = values[slot]
        return UnsafeRawBufferPointer(start: value.start, count: value.start == nil ? 0 : value.count)
    }

    /// How many slots there are.
    var count: Int { values.count }
}

/// What one rendering needs beside the contact.
public struct RenderContext: Sendable {
    /// Sent as `webhook-id`, and what `*|DELIVERY_ID|*` inserts.
    public var deliveryID: DeliveryID
    /// Now, in seconds since 1970 UTC; not negative.
    ///
    /// The signature's time.
    public var unixTime: Int64
    /// What local time is ahead of UTC now, in seconds; for `*|DATE:…|*`.
    public var utcOffset: Int

    /// - Parameters: see the properties of the same names.
    public init(deliveryID: DeliveryID, unixTime: Int64, utcOffset: Int = 0) {
        self.deliveryID = deliveryID
        self.unixTime = unixTime
        self.utcOffset = utcOffset
    }
}

/// What came of one rendering.
public enum RenderOutcome: Sendable, Hashable {
    /// The request was appended.
    case rendered(RenderedRequest)
    /// Nothing was written; the contact gets no request.
    case skipped(SkipReason)
}

/// Where one request lies in a ``RequestBuffer``: offsets, as the buffer may move while others are rendered.
public struct RenderedRequest: Sendable, Hashable {
    /// Nil when the URL is the template's ``RequestTemplate/constantURL``.
    ///
    /// A NUL follows it.
    public var url: Range<Int>?
    /// Header lines beside the constant ones, each with a NUL after it, in the form libcurl takes: `Name: value`, or
    /// `Name;` when the value is empty.
    public var headers: Range<Int>
    /// The body; may be empty.
    public var body: Range<Int>
    /// The first 64 bits of the SHA-256 of the body, big-endian.
    public var bodyDigest: UInt64
}

/// Why a contact gets no request.
public enum SkipReason: Sendable, Hashable {
    /// The field that is `require`d at this index has no value.
    case missingField(Int)
    /// A value in the header at this index of the definition holds CR, LF, NUL or another control character.
    case controlCharacterInHeader(Int)
    /// A value would have made a path segment of the URL `.` or `..`.
    case dotSegmentInURL
}
