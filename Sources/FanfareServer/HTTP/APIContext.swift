import Hummingbird
import Logging
import NIOCore

/// What goes with a request of the API.
struct APIContext: RequestContext, RemoteAddressRequestContext {
    var coreContext: CoreRequestContextStorage
    let remoteAddress: SocketAddress?
    /// Who asks; nil before it was looked at.
    var key: APIKey?
    /// It is an operation of a batch, whose key was looked at already.
    let isBatched: Bool
    /// An operator of the machine asks, over the private socket, and may do all.
    let isLocal: Bool
    /// Whether an answer may have what is shown only once: those of a batch are kept, and read by others.
    var mayShowSecrets: Bool { !isBatched }
    /// For the log.
    let trace = RequestTrace()

    /// Bodies are read up to so many bytes; a batch of 500 members with long values fits in.
    static let largestBody = 8 << 20

    /// Levels of arrays and objects that a body has at most.
    static let deepestBody = 32

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        remoteAddress = source.channel.remoteAddress
        (isBatched, isLocal) = (false, false)
    }

    /// Of an operation of a batch.
    init(logger: Logger) {
        coreContext = .init(source: InnerSource(logger: logger))
        remoteAddress = nil
        (isBatched, isLocal) = (true, false)
    }

    /// Of an operator of the machine.
    ///
    /// - Parameters:
    ///   - user: As people are called there.
    ///   - logger: Of the daemon.
    init(operator user: String, logger: Logger) {
        coreContext = .init(source: InnerSource(logger: logger))
        remoteAddress = nil
        (isBatched, isLocal) = (false, true)
        key = .local(user: user)
    }

    /// Of what comes over no connection of the server's.
    private struct InnerSource: RequestContextSource {
        let logger: Logger
    }

    /// Who asks, as is shown to others: `key 5a3f0c1b2e` or `operator anna`.
    var author: String {
        let id = key?.id ?? trace.key ?? "?"
        return isLocal ? id : "key \(id)"
    }

    var maxUploadSize: Int { Self.largestBody }

    /// The address that asks, without its port.
    var peer: String { remoteAddress?.ipAddress ?? "local" }
}
