import FanfareStore
import HTTPTypes
import NIOConcurrencyHelpers

/// What is known of a request while it is answered, for its line in the log and in the audit trail. Any thread.
final class RequestTrace: Sendable {
    /// 32 hexadecimal digits, in the header `X-Request-Id` of the answer and in every line of the log.
    let id = Hexadecimal.random(digits: 32)
    private let keyBox = NIOLockedValueBox<String?>(nil)

    /// The id of the key that asks; nil: none, or none yet.
    var key: String? {
        get { keyBox.withLockedValue { $0 } }
        set { keyBox.withLockedValue { $0 = newValue } }
    }
}

extension HTTPField.Name {
    /// Names a request in the answer and in the log.
    static let requestID = HTTPField.Name("X-Request-Id").unsafelyUnwrapped
}
