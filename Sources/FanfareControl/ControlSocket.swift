import Glibc

/// The system's calls on stream sockets of the file system (unix(7)).
enum ControlSocket {
    /// Makes a socket that only this user can connect to, and listens. The caller closes it and removes the file.
    ///
    /// Whatever stands at the path goes first: it is a dead owner's, as the caller owns the data directory.
    static func listen(at path: String) throws(ControlError) -> Int32 {
        let descriptor = try make(blocking: false)
        unlink(path)
        // Before the bind, which takes the mode over: nobody else can connect in between.
        guard fchmod(descriptor, 0o600) == 0, withAddress(path, { Glibc.bind(descriptor, $0, $1) }) == 0,
            Glibc.listen(descriptor, 32) == 0
        else {
            let text = systemText(errno)
            close(descriptor)
            throw ControlError(.place, "cannot listen at \(path): \(text)")
        }
        return descriptor
    }

    /// Connects; sending and receiving then wait at most `seconds` each.
    static func connect(to path: String, seconds: Int) throws(ControlError) -> Int32 {
        let descriptor = try make(blocking: true)
        var patience = timeval(tv_sec: seconds, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, size)
        guard withAddress(path, { Glibc.connect(descriptor, $0, $1) }) == 0 else {
            let number = errno
            close(descriptor)
            let isNobody = number == ENOENT || number == ECONNREFUSED
            let code: ControlError.Code = isNobody ? .nobody : number == EAGAIN ? .noAnswer : .system
            throw ControlError(code, "cannot connect to \(path): \(systemText(number))")
        }
        return descriptor
    }

    /// Accepts one of this user's connections; nil: there is none, or it is another user's.
    static func accept(on listener: Int32) -> Int32? {
        let descriptor = Glibc.accept(listener, nil, nil)
        guard descriptor >= 0 else { return nil }
        guard isOwn(descriptor), fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0,
            fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0
        else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    /// The file's mode keeps others out already, but not where a file system has no modes.
    private static func isOwn(_ descriptor: Int32) -> Bool {
        // struct ucred of unix(7): pid, uid, gid; Swift's Glibc does not import it.
        var peer: (pid: Int32, uid: UInt32, gid: UInt32) = (0, .max, .max)
        var size = socklen_t(MemoryLayout.size(ofValue: peer))
        guard getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 else { return false }
        return peer.uid == geteuid() || peer.uid == 0
    }

    private static func make(blocking: Bool) throws(ControlError) -> Int32 {
        let flags = SOCK_CLOEXEC.rawValue | (blocking ? 0 : SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | flags), 0)
        guard descriptor >= 0 else { throw ControlError(.system, "cannot make a socket: \(systemText(errno))") }
        return descriptor
    }

    /// - Parameter path: At most ``ControlPlace/longestPath`` bytes.
    private static func withAddress(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else {
            errno = ENAMETOOLONG
            return -1
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
