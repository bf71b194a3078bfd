import FanfareTransport

/// What is wrong with the agent or its files, as against what became of one delivery, which is data.
public struct DeliveryError: Error, Sendable, CustomStringConvertible {
    /// What kind of trouble it is; new kinds may be added.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String { case ledgerExists, ledgerDamaged, nameNotFound, invalidValue, stopped, closed }
        private let kind: Kind

        /// A frozen ledger stands where a new one was to be made.
        public static let ledgerExists = Code(kind: .ledgerExists)
        /// A ledger lacks what every ledger has.
        public static let ledgerDamaged = Code(kind: .ledgerDamaged)
        /// The receiver's name has no address.
        public static let nameNotFound = Code(kind: .nameNotFound)

        /// A setting that cannot be used here.
        public static let invalidValue = Code(kind: .invalidValue)
        /// A rule of its lane stopped a ``Deliverer``: refusals only, or `stop_after`.
        public static let stopped = Code(kind: .stopped)
        /// A ``Deliverer`` was closed.
        public static let closed = Code(kind: .closed)

        /// A stable word, for labels.
        public var description: String { kind.rawValue }
    }

    /// The kind.
    public let code: Code
    /// One line for a person, without secrets or payloads.
    public let message: String
    /// What caused it.
    public let cause: (any Error)?

    /// - Parameters: see the properties of the same names.
    public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    /// One line: message and cause.
    public var description: String { cause.map { "\(message): \($0)" } ?? message }
}

extension DeliveryError {
    /// A receiver's name that was not found in time.
    ///
    /// - Parameter whose: `receiver's` or `proxy's`.
    static func nameMissing(
        _ host: String,
        of whose: String = "receiver's",
        _ patience: Duration,
        _ why: NameFailure?
    ) -> DeliveryError {
        let reason = why.map { ": \($0)" } ?? ""
        let time = "\(patience.components.seconds) s"
        return DeliveryError(.nameNotFound, "the \(whose) name \(host) was not found within \(time)\(reason)")
    }
}
