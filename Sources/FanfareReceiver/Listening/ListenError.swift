import Glibc
import NIOCore

/// Nobody can be listened to at the address that was asked for.
public struct ListenError: Error, CustomStringConvertible {
    /// One sentence: the address, and what the system says.
    public let description: String

    init(_ settings: ListenSettings, _ error: any Error) {
        let reason =
            switch error {
            case let error as IOError: String(cString: strerror(error.errnoCode))
            case is SocketAddressError: "this is no address of this machine"
            default: String(describing: error)
            }
        description = "cannot listen on \(settings.host):\(settings.port): \(reason)"
    }
}
