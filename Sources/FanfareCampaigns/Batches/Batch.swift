/// A request of the HTTP API that is made later: Mailchimp's `POST /batches`.
public struct BatchOperation: Sendable, Hashable {
    /// What the caller knows it by; may be empty.
    public var id: String
    /// `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
    public var method: String
    /// Beneath the API's root, beginning with `/`, with its query.
    public var path: String
    /// JSON; nil: none.
    public var body: String?

    /// - Parameters: see the properties of the same names.
    public init(id: String, method: String, path: String, body: String?) {
        self.id = id
        self.method = method
        self.path = path
        self.body = body
    }
}

/// Operations that were asked for together, and how far they have come.
public struct Batch: Sendable, Hashable {
    /// Where a batch stands.
    public enum State: String, Sendable, Hashable {
        /// None of it was begun.
        case pending
        /// It is being worked on, or was when the process died.
        case started
        /// Each of its operations has a result.
        case finished
    }

    /// Ten hexadecimal digits.
    public let id: String
    /// The id of the key that asked: what that may do, the operations may.
    public let key: String
    /// Scheme, host and port under which it was asked for.
    public let origin: String
    /// How many operations it has.
    public let total: Int
    /// How many of them have a result.
    public let finished: Int
    /// How many of these failed.
    public let errored: Int
    /// Unix time in seconds at which it was asked for.
    public let submitted: Int64
    /// Unix time in seconds at which its first operation was begun; nil: none was.
    public let started: Int64?
    /// Unix time in seconds at which its last operation had its result; nil: not yet.
    public let completed: Int64?

    /// Where it stands.
    public var state: State { completed != nil ? .finished : started != nil ? .started : .pending }
}

/// What became of an operation.
public struct BatchResult: Sendable, Hashable {
    /// Its place in its batch, from 0.
    public let ordinal: Int
    /// What the caller knows the operation by.
    public let operation: String
    /// The status of HTTP.
    public let status: Int
    /// The body of the answer.
    public let response: String
}

/// The next operation to be done.
public struct BatchTask: Sendable, Hashable {
    /// The batch that it belongs to.
    public let batch: Batch
    /// Its place in that, from 0.
    public let ordinal: Int
    /// The operation.
    public let operation: BatchOperation
    let number: Int64
}

/// Why a batch is not taken.
public struct TooManyBatches: Error, Sendable, CustomStringConvertible {
    /// How many may wait.
    public let limit: Int
    /// One sentence for a person.
    public var description: String {
        "\(limit) batches are not finished; no further one is taken before one is"
    }
}
