import HTTPTypes
import Hummingbird
import NIOCore

extension Response {
    /// The whole body, for who takes it in no pieces.
    ///
    /// - Parameter most: Bytes; one that is longer is not made to its end.
    /// - Throws: ``TooLong``, and what making it throws.
    func collected(upTo most: Int) async throws -> ByteBuffer {
        let collector = Collector()
        try await body.write(Writer(collector: collector, most: most))
        return collector.buffer
    }

    /// A body is longer than is taken.
    struct TooLong: Error {}

    /// What a body has come to. Thread: that of the task which collects it.
    private final class Collector {
        var buffer = ByteBuffer()
    }

    private struct Writer: ResponseBodyWriter {
        let collector: Collector
        let most: Int

        mutating func write(_ buffer: ByteBuffer) async throws {
            guard collector.buffer.readableBytes <= most - buffer.readableBytes else { throw TooLong() }
            collector.buffer.writeImmutableBuffer(buffer)
        }

        consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
    }
}
