/// What is wrong with the agent or its files, as against what became of one delivery, which is data.
public struct DeliveryError: Error, Sendable, CustomStringConvertible {
    /// What kind of trouble it is; new kinds may be added.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String { case ledgerExists, ledgerDamaged, nameNotFound }
        private let kind: Kind

        /// A frozen ledger stands where a new one was to be made.
        public static let ledgerExists = Code(kind: .ledgerExists)
        /// A ledger lacks what every ledger has.
        public static let ledgerDamaged = Code(kind: .ledgerDamaged)
        /// The receiver's name has no address.
        public static let nameNotFound = Code(kind: .nameNotFound)

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
