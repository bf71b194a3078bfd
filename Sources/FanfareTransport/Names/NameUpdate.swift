import NIOConcurrencyHelpers

/// Why a name has no addresses.
public struct NameFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// An `EAI_…` of `getaddrinfo`.
    public var code: Int32
    /// The system's text, as `Name or service not known`.
    public var message: String

    /// - Parameters:
    ///   - code: An `EAI_…`.
    ///   - message: The system's text.
    public init(code: Int32, message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }
}

/// News of a name someone follows.
public struct NameUpdate: Sendable, Hashable {
    /// What ``NameResolver/follow(host:token:mailbox:)`` was given.
    public var token: UInt64
    /// The name.
    public var host: String
    /// Its addresses, in the order to try them, or why there are none.
    public var outcome: Result<[IPAddress], NameFailure>
}

/// Where a loop's thread finds news of names.
///
/// Filled by the resolver's threads, emptied by the loop's.
public final class NameMailbox: Sendable {
    private let waker: Waker?
    private let updates = NIOLockedValueBox<[NameUpdate]>([])

    /// - Parameter waker: Used when news come in.
    public init(waker: Waker? = nil) { self.waker = waker }

    /// All news since the last call, oldest first.
    public func drain() -> [NameUpdate] {
        updates.withLockedValue { updates in
            defer { updates.removeAll() }
            return updates
        }
    }

    func post(_ update: NameUpdate) {
        updates.withLockedValue { $0.append(update) }
        waker?.wake()
    }
}
