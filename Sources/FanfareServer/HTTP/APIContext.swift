import Hummingbird
import NIOCore

/// What goes with a request of the API.
struct APIContext: RequestContext, RemoteAddressRequestContext {
    var coreContext: CoreRequestContextStorage
    let remoteAddress: SocketAddress?
    /// Who asks; nil before it was looked at.
    var key: APIKey?

    /// Bodies are read up to so many bytes; a batch of 500 members with long values fits in.
    static let largestBody = 8 << 20

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        remoteAddress = source.channel.remoteAddress
    }

    var maxUploadSize: Int { Self.largestBody }

    /// The address that asks, without its port.
    var peer: String { remoteAddress?.ipAddress ?? "local" }
}
