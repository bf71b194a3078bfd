import NIOCore
import NIOPosix

/// A port of 127.0.0.1 on which nobody listens, as far as anybody can know: somebody may take it at any time.
///
/// - Returns: The port.
/// - Throws: What binding threw.
public func freePort() async throws -> Int {
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .bind(host: "127.0.0.1", port: 0).get()
    let port = channel.localAddress?.port ?? 0
    try await channel.close()
    return port
}
