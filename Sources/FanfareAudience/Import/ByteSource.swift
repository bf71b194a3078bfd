// libarchive's headers bring `struct stat` into its module, which then owns it.
import CArchive
import Glibc

/// Where the bytes of a contact file come from, a buffer at a time.
protocol ByteSource {
    /// The file, or the entry of an archive, for messages.
    var name: String { get }

    /// Fills the beginning of a buffer.
    ///
    /// - Returns: How many bytes; 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int
}

/// A file on disk.
final class FileSource: ByteSource {
    let name: String
    /// In bytes; nil when it has none, as a pipe.
    let size: Int64?
    private let descriptor: Int32

    /// - Parameter name: What messages call it; nil: by its path.
    init(path: String, name: String? = nil) throws {
        let name = name ?? path
        self.name = name
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw AudienceError(.unreadableFile, "cannot open \(name): \(String(cString: strerror(errno)))")
        }
        // No `stat`: its structure belongs to another C module wherever libarchive is imported too.
        let end = lseek(descriptor, 0, SEEK_END)
        size = end >= 0 && lseek(descriptor, 0, SEEK_SET) == 0 ? Int64(end) : nil
        posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
    }

    deinit { close(descriptor) }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        while true {
            let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            if count >= 0 { return count }
            guard errno == EINTR else {
                throw AudienceError(.unreadableFile, "cannot read \(name): \(String(cString: strerror(errno)))")
            }
        }
    }
}

/// The system's time in whole seconds since 1970.
public func currentUnixTime() -> Int64 { Int64(time(nil)) }
