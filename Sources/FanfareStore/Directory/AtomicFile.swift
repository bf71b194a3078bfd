import Glibc

/// A file for its owner alone (mode 0600) that appears under its name when it is whole, and not before.
///
/// Thread: one at a time. Unless ``commit()`` succeeds nothing is left, and a file of that name stays as it was; after
/// a death a file whose name begins with a dot may be left beside it.
public final class AtomicFile {
    private static let capacity = 1 << 16

    private let path: String
    private let temporary: String
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private var isCommitted = false

    /// Begins a file.
    ///
    /// - Throws: ``StoreError`` when its directory cannot be written to, or the path is a directory.
    public init(path: String) throws(StoreError) {
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
            throw StoreError(errno: EISDIR, doing: "cannot write \(path)")
        }
        self.path = path
        let slash = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
        temporary = "\(path[..<slash]).\(path[slash...]).\(getpid())"
        // What an earlier process of that number left. A link put there by another user is never followed.
        unlink(temporary)
        descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw StoreError(errno: errno, doing: "cannot write \(path)") }
        buffer.reserveCapacity(2 * Self.capacity)
    }

    deinit {
        close(descriptor)
        if !isCommitted { unlink(temporary) }
    }

    /// Appends bytes.
    public func write(_ bytes: UnsafeRawBufferPointer) throws(StoreError) {
        buffer.append(contentsOf: bytes)
        if buffer.count >= Self.capacity { try flush() }
    }

    /// Makes it permanent, in the place of a file of that name.
    public func commit() throws(StoreError) {
        try flush()
        guard fsync(descriptor) == 0, rename(temporary, path) == 0 else {
            throw StoreError(errno: errno, doing: "cannot write \(path)")
        }
        isCommitted = true
        try Durability.syncDirectory(ofFile: path)
    }

    private func flush() throws(StoreError) {
        var start = 0
        while start < buffer.count {
            let written = buffer.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress! + start, $0.count - start) }
            if written < 0 && errno == EINTR { continue }
            guard written > 0 else { throw StoreError(errno: errno, doing: "cannot write \(path)") }
            start += written
        }
        buffer.removeAll(keepingCapacity: true)
    }
}
