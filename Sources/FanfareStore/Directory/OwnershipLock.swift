import Glibc
import NIOConcurrencyHelpers

/// An exclusive lock on the file `lock` of a data directory, which holds the owner's pid as text, then the ids of the
/// fan-outs that it runs, one a line, then `socket ` and where it listens for orders, if it does.
///
/// It belongs to the open file (`F_OFD_SETLK` of fcntl(2)), so the kernel drops it when the process ends, however it
/// ends: a stale file is no lock. Who only asks for the owner takes no lock, not even for a moment: an owner that
/// begins just then would be refused.
final class OwnershipLock: Sendable {
    // Linux's numbers, the same on every architecture; Swift's Glibc does not import them.
    private static let getLock: Int32 = 36
    private static let setLock: Int32 = 37

    private static let socketWord = "socket "

    private let descriptor: Int32
    private let path: String
    private let notice = NIOLockedValueBox(Notice())

    /// What the file says beside the pid.
    private struct Notice {
        var fanOuts: [String] = []
        var socket: String?
    }

    init(directory: String) throws(StoreError) {
        let path = directory + "/lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw StoreError(errno: errno, doing: "the data directory \(directory) cannot be written")
        }
        var whole = OwnershipLock.exclusive
        guard fcntl(descriptor, OwnershipLock.setLock, &whole) == 0 else {
            let code = errno
            let owner = OwnershipLock.text(in: descriptor).pid
            close(descriptor)
            guard code == EWOULDBLOCK || code == EACCES else {
                throw StoreError(errno: code, doing: "cannot lock \(path)")
            }
            let process = owner.map { "process \($0)" } ?? "another process"
            throw StoreError(
                .inUse,
                "the data directory \(directory) is owned by \(process); wait for it, or choose another with --data",
                errno: code
            )
        }
        self.descriptor = descriptor
        self.path = path
        try write(fanOuts: [])
    }

    deinit {
        // The file stays: removing it would let two processes lock two files of one name.
        ftruncate(descriptor, 0)
        close(descriptor)
    }

    /// Who holds the lock of a directory, nil when nobody does.
    static func owner(ofDirectory directory: String) throws(StoreError) -> DataDirectory.Owner? {
        let path = directory + "/lock"
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw StoreError(errno: errno, doing: "cannot open \(path)")
        }
        defer { close(descriptor) }
        var conflict = exclusive
        guard fcntl(descriptor, getLock, &conflict) == 0 else {
            throw StoreError(errno: errno, doing: "cannot look at \(path)")
        }
        return conflict.l_type == Int16(F_UNLCK) ? nil : text(in: descriptor)
    }

    /// Says which fan-outs this process runs.
    func write(fanOuts: [String]) throws(StoreError) {
        try write { $0.fanOuts = fanOuts }
    }

    /// Says whether this process runs a fan-out.
    func write(fanOut: String, isUnderWay: Bool) throws(StoreError) {
        try write { notice in
            notice.fanOuts.removeAll { $0 == fanOut }
            if isUnderWay { notice.fanOuts.append(fanOut) }
        }
    }

    /// Whether this process has said that it runs a fan-out.
    var announcesFanOuts: Bool { notice.withLockedValue { !$0.fanOuts.isEmpty } }

    /// Says where this process listens for orders.
    func write(controlSocket: String?) throws(StoreError) { try write { $0.socket = controlSocket } }

    private func write(_ change: (inout Notice) -> Void) throws(StoreError) {
        // Written under the lock, or an older notice could overtake a newer one.
        let failure = notice.withLockedValue { notice -> Int32? in
            change(&notice)
            let lines = [String(getpid())] + notice.fanOuts + (notice.socket.map { [Self.socketWord + $0] } ?? [])
            let text = Array(lines.map { $0 + "\n" }.joined().utf8)
            // In this order a reader never finds the file empty.
            let isWritten = pwrite(descriptor, text, text.count, 0) == text.count
            return isWritten && ftruncate(descriptor, text.count) == 0 ? nil : errno
        }
        if let failure { throw StoreError(errno: failure, doing: "cannot write \(path)") }
    }

    /// The whole file, for writing.
    private static var exclusive: flock {
        var lock = flock()
        lock.l_type = Int16(F_WRLCK)
        lock.l_whence = Int16(SEEK_SET)
        return lock
    }

    private static func text(in descriptor: Int32) -> DataDirectory.Owner {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = pread(descriptor, &buffer, buffer.count, 0)
        let lines = buffer.prefix(max(0, count)).split(separator: UInt8(ascii: "\n"))
            .map { String(decoding: $0, as: UTF8.self) }
        return DataDirectory.Owner(
            pid: lines.first.flatMap { Int32($0) },
            fanOuts: lines.dropFirst().filter { !$0.hasPrefix(socketWord) },
            controlSocket: lines.dropFirst().first { $0.hasPrefix(socketWord) }
                .map { String($0.dropFirst(socketWord.count)) }
        )
    }
}
