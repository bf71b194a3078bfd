import Foundation
import Testing

/// TLS before a receiver that speaks none: what either side sends goes on as it comes, so that what a script sends at
/// once, up to what a record holds, leaves in one of its own.
///
/// The certificate is for 127.0.0.1, and its own authority.
public final class SecureFront: Sendable {
    /// The port of 127.0.0.1.
    public let port: Int
    /// The PEM file by which the certificate is trusted.
    public let authorityFile: String
    private let folder: TemporaryFolder
    private let process: ChildProcess

    private static let program = """
        import select, socket, ssl, sys, threading
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain("receiver.pem", "receiver.key")
        if len(sys.argv) > 2:
            context.set_alpn_protocols(sys.argv[2:])

        def pump(outer, inner):
            while True:
                ready = [outer] if outer.pending() else select.select([outer, inner], [], [])[0]
                for source, sink in ((outer, inner), (inner, outer)):
                    if source not in ready:
                        continue
                    data = source.recv(65536)
                    if not data:
                        return
                    sink.sendall(data)

        def serve(raw):
            with raw, socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as inner:
                try:
                    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    with context.wrap_socket(raw, server_side=True) as outer:
                        pump(outer, inner)
                except OSError:
                    pass

        listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        print(listener.getsockname()[1], flush=True)
        while True:
            threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
        """

    /// Starts it, and waits until it listens.
    ///
    /// - Parameters:
    ///   - receiver: The receiver's port of 127.0.0.1.
    ///   - protocols: What is offered by ALPN, best first; empty: nothing.
    /// - Throws: What starting threw, or ``TimeLimitExceeded``.
    public init(before receiver: Int, protocols: [String] = []) async throws {
        folder = try TemporaryFolder()
        authorityFile = folder.path("receiver.pem")
        let certificate =
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=front "
            + "-addext subjectAltName=IP:127.0.0.1 -keyout receiver.key -out receiver.pem"
        let maker = try ChildProcess("/usr/bin/env", certificate.split(separator: " ").map(String.init), in: folder)
        let made = try await maker.wait()
        try #require(made.status == 0, "\(made)")
        let arguments = ["python3", "-c", Self.program, String(receiver)] + protocols
        process = try ChildProcess("/usr/bin/env", arguments, in: folder)
        let process = process
        try await eventually("the port of a secure front, had: \(process.errors)", within: .seconds(30)) {
            process.output.hasSuffix("\n")
        }
        port = try #require(Int(process.output.trimmingCharacters(in: .newlines)))
    }

    /// `https://127.0.0.1:PORT`.
    public var url: String { "https://127.0.0.1:\(port)" }

    /// Ends it and everything that goes through it.
    ///
    /// - Throws: ``TimeLimitExceeded``, or what the file system says.
    public func stop() async throws {
        process.signal(SIGKILL)
        _ = try await process.wait()
        try folder.remove()
    }
}

/// Runs a test with TLS before a receiver and ends that whatever happens.
///
/// - Parameters:
///   - receiver: The receiver's port of 127.0.0.1.
///   - protocols: What is offered by ALPN, best first; empty: nothing.
///   - body: The test.
/// - Returns: What the test returned.
/// - Throws: What starting or the test threw.
public func withSecureFront<Result>(
    before receiver: Int,
    protocols: [String] = [],
    _ body: (SecureFront) async throws -> Result
) async throws -> Result {
    let front = try await SecureFront(before: receiver, protocols: protocols)
    do {
        let result = try await body(front)
        try await front.stop()
        return result
    } catch {
        try? await front.stop()
        throw error
    }
}
