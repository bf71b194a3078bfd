/// What is wrong with the transport itself, or with what it was told.
///
/// The fate of single requests is not an error but a `TransferCompletion`.
public struct TransportError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of error; new ones may be added.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String { case system, outOfMemory, invalidValue, endpointBusy, unknownEndpoint, loopFailed }
        private let kind: Kind
        private init(_ kind: Kind) { self.kind = kind }

        /// A system call failed.
        public static var system: Code { Code(.system) }
        /// Memory is short.
        public static var outOfMemory: Code { Code(.outOfMemory) }
        /// A setting, URL, address or range is not what it should be.
        public static var invalidValue: Code { Code(.invalidValue) }
        /// The endpoint has requests in flight.
        public static var endpointBusy: Code { Code(.endpointBusy) }
        /// The loop has no such endpoint.
        public static var unknownEndpoint: Code { Code(.unknownEndpoint) }
        /// libcurl failed as a whole: close the loop and make a new one.
        public static var loopFailed: Code { Code(.loopFailed) }

        /// The name of the code, fit for a label.
        public var description: String { kind.rawValue }
    }

    /// The kind.
    public var code: Code
    /// What happened, for people; no secret, no URL path or query.
    public var message: String
    /// The `errno` behind it; 0: none.
    public var osErrno: Int32

    /// - Parameters:
    ///   - code: The kind.
    ///   - message: What happened.
    ///   - osErrno: The `errno` behind it.
    public init(code: Code, message: String, osErrno: Int32 = 0) {
        self.code = code
        self.message = message
        self.osErrno = osErrno
    }

    /// One line.
    public var description: String {
        osErrno == 0 ? message : "\(message): \(errorText(osErrno))"
    }
}
