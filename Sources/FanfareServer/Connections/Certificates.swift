import Glibc
public import Logging
import NIOConcurrencyHelpers
import NIOSSL

/// A certificate and its key, from two files of PEM, read again when they change. Any thread.
public final class Certificates: Sendable {
    /// Why the files are of no use.
    public struct Unusable: Error, Sendable, CustomStringConvertible {
        /// Names the file, and says what is accepted.
        public let description: String
    }

    private struct State {
        var context: NIOSSLContext
        var stamps: [Stamp]
        var looked: ContinuousClock.Instant
    }

    /// What tells whether a file was replaced.
    private struct Stamp: Equatable {
        var inode: UInt64 = 0
        var size: Int64 = 0
        var seconds = 0
        var nanoseconds = 0

        init(_ path: String) {
            var info = stat()
            guard stat(path, &info) == 0 else { return }
            (inode, size) = (UInt64(info.st_ino), Int64(info.st_size))
            (seconds, nanoseconds) = (info.st_mtim.tv_sec, info.st_mtim.tv_nsec)
        }
    }

    /// Between two looks at the files.
    private static let interval: Duration = .seconds(1)

    private let certificate: String
    private let key: String
    private let logger: Logger
    private let state: NIOLockedValueBox<State>

    /// - Parameters:
    ///   - certificate: The path of the certificate, and behind it those of its authorities.
    ///   - key: The path of its private key.
    ///   - logger: Told when they were read again, or could not be.
    /// - Throws: ``Unusable``.
    public init(certificate: String, key: String, logger: Logger) throws(Unusable) {
        (self.certificate, self.key, self.logger) = (certificate, key, logger)
        let stamps = [Stamp(certificate), Stamp(key)]
        let context = try Self.context(certificate, key)
        state = NIOLockedValueBox(State(context: context, stamps: stamps, looked: .now))
    }

    /// What new connections are secured with. Looks at the files now and then, which does not block for long.
    var context: NIOSSLContext {
        state.withLockedValue { state in
            guard ContinuousClock.now - state.looked >= Self.interval else { return state.context }
            state.looked = .now
            let stamps = [Stamp(certificate), Stamp(key)]
            guard stamps != state.stamps else { return state.context }
            do throws(Unusable) {
                state.context = try Self.context(certificate, key)
                logger.notice("certificate read again")
            } catch {
                // Half of a replacement, or a mistake: what was good stays, and the next change is looked at.
                logger.error(
                    "the certificate changed and is of no use; the old one stays",
                    metadata: ["error": "\(error)"]
                )
            }
            state.stamps = stamps
            return state.context
        }
    }

    private static func context(_ certificate: String, _ key: String) throws(Unusable) -> NIOSSLContext {
        try requireReadable(certificate, "--tls-certificate")
        try requireReadable(key, "--tls-key")
        let chain: [NIOSSLCertificate]
        do { chain = try NIOSSLCertificate.fromPEMFile(certificate) } catch { chain = [] }
        guard !chain.isEmpty else {
            throw Unusable(description: "--tls-certificate: \(certificate) holds no certificate in PEM")
        }
        let secret: NIOSSLPrivateKey
        do {
            secret = try NIOSSLPrivateKey(file: key, format: .pem)
        } catch {
            throw Unusable(description: "--tls-key: \(key) holds no private key in PEM that needs no password")
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(secret)
        )
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw Unusable(description: "--tls-key: \(key) is not the key of the certificate in \(certificate)")
        }
    }

    private static func requireReadable(_ path: String, _ option: String) throws(Unusable) {
        guard access(path, R_OK) == 0 else {
            throw Unusable(description: "\(option): \(path) cannot be read: \(String(cString: strerror(errno)))")
        }
    }
}
