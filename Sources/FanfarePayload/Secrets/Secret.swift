/// A value that must not be shown: a password, a token, a signing key.
///
/// It prints as `[secret]` whatever prints it; only ``reveal()`` gives the bytes, so that every place that needs them
/// can be found by that name.
public struct Secret: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Where a secret was written: what may be stored in its stead.
    public enum Origin: Sendable, Hashable {
        /// Written into the job file or request itself: stored sealed only.
        case inline
        /// The environment variable of that name: stored as this reference.
        case environment(String)
        /// The file at that path, one final newline dropped: stored as this reference.
        case file(String)
    }

    /// Where the value came from.
    public let origin: Origin
    private let bytes: [UInt8]

    /// - Parameters:
    ///   - bytes: The value itself.
    ///   - origin: Where it was read.
    public init(_ bytes: [UInt8], origin: Origin = .inline) {
        self.bytes = bytes
        self.origin = origin
    }

    /// - Parameters:
    ///   - text: The value, as UTF-8.
    ///   - origin: Where it was read.
    public init(_ text: String, origin: Origin = .inline) {
        self.init(Array(text.utf8), origin: origin)
    }

    /// The value in the clear.
    ///
    /// Never hand it to anything that logs, prints or stores.
    public func reveal() -> [UInt8] { bytes }

    /// Always `[secret]`.
    public var description: String { "[secret]" }
    /// Always `[secret]`.
    public var debugDescription: String { "[secret]" }
    /// Shows no children, so that `dump` and mirrors disclose nothing.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
