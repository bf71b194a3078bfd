import FanfareStore
import Glibc

/// Where rejected rows go, so that they can be mended and imported: CSV with file, line, reason and the row itself.
///
/// Made (mode 0600) with the first reject; without one, a file of an earlier import is removed.
final class RejectsFile {
    private let path: String
    private var stream: UnsafeMutablePointer<FILE>?

    init(path: String) throws {
        self.path = path
        guard unlink(path) == 0 || errno == ENOENT else { throw failure("replace") }
    }

    deinit { if let stream { fclose(stream) } }

    func append(place: AudienceError.Place, reason: String, row: UnsafeRawBufferPointer) throws {
        let stream = try stream ?? create()
        var bytes: [UInt8] = []
        quote(place.file.utf8, &bytes)
        bytes += Array(",\(place.line ?? 0),".utf8)
        quote(reason.utf8, &bytes)
        bytes.append(UInt8(ascii: ","))
        quote(row, &bytes)
        bytes.append(UInt8(ascii: "\n"))
        guard fwrite(bytes, 1, bytes.count, stream) == bytes.count else { throw failure("write") }
    }

    /// Hands what was appended to the system.
    func flush() throws {
        guard let stream else { return }
        guard fflush(stream) == 0 else { throw failure("write") }
    }

    private func create() throws -> UnsafeMutablePointer<FILE> {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0, let stream = fdopen(descriptor, "w") else { throw failure("create") }
        self.stream = stream
        guard fputs("file,line,reason,row\n", stream) >= 0 else { throw failure("write") }
        return stream
    }

    private func quote(_ text: some Sequence<UInt8>, _ bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text {
            if byte == UInt8(ascii: "\"") { bytes.append(byte) }
            bytes.append(byte)
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private func failure(_ doing: String) -> AudienceError {
        // Not the contact file's fault, nor the job's.
        let beneath = StoreError(errno: errno, doing: "cannot \(doing) the rejects file \(path)")
        return AudienceError(.storage, beneath.message, cause: beneath)
    }
}
