import Glibc

/// An exclusive `flock` on the file `lock` of a data directory, which holds the owner's pid as text.
///
/// The kernel drops it when the process ends, however it ends; so a stale file is no lock.
final class OwnershipLock: Sendable {
    private let descriptor: Int32

    init(directory: String) throws(StoreError) {
        let path = directory + "/lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw StoreError(errno: errno, doing: "the data directory \(directory) cannot be written")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            let owner = OwnershipLock.pid(in: descriptor)
            close(descriptor)
            guard code == EWOULDBLOCK else { throw StoreError(errno: code, doing: "cannot lock \(path)") }
            let process = owner.map { "process \($0)" } ?? "another process"
            throw StoreError(
                .inUse,
                "the data directory \(directory) is owned by \(process); wait for it, or choose another with --data",
                errno: code
            )
        }
        do {
            try OwnershipLock.write(getpid(), to: descriptor, path: path)
        } catch {
            close(descriptor)
            throw error
        }
        self.descriptor = descriptor
    }

    deinit {
        // The file stays: removing it would let two processes lock two files of one name.
        ftruncate(descriptor, 0)
        close(descriptor)
    }

    /// The pid of who holds the lock of a directory, nil when nobody does.
    static func owner(ofDirectory directory: String) throws(StoreError) -> Int32? {
        let path = directory + "/lock"
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw StoreError(errno: errno, doing: "cannot open \(path)")
        }
        defer { close(descriptor) }
        if flock(descriptor, LOCK_SH | LOCK_NB) == 0 { return nil }
        guard errno == EWOULDBLOCK else { throw StoreError(errno: errno, doing: "cannot look at \(path)") }
        return pid(in: descriptor)
    }

    private static func write(_ pid: Int32, to descriptor: Int32, path: String) throws(StoreError) {
        let text = Array("\(pid)\n".utf8)
        guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, text, text.count, 0) == text.count else {
            throw StoreError(errno: errno, doing: "cannot write \(path)")
        }
    }

    private static func pid(in descriptor: Int32) -> Int32? {
        var buffer = [UInt8](repeating: 0, count: 32)
        let count = pread(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { return nil }
        return Int32(String(decoding: buffer.prefix(count).prefix { $0 != 0x0a }, as: UTF8.self))
    }
}
