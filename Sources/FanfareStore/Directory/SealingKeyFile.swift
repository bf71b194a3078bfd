import Glibc

/// The file that holds the 32 random bytes under which secrets are sealed.
///
/// It is written beside its place, synchronised, and linked into it: a crash leaves a whole key or none.
struct SealingKeyFile {
    static let length = 32
    let path: String

    func read(creating: Bool) throws(StoreError) -> [UInt8] {
        if let key = try existing() { return key }
        guard creating else { throw StoreError(.notFound, "there is no key file \(path)", errno: ENOENT) }
        try create()
        guard let key = try existing() else { throw StoreError(.notFound, "the key file \(path) vanished") }
        return key
    }

    private func existing() throws(StoreError) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw StoreError(errno: errno, doing: "cannot read the key file \(path)")
        }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: SealingKeyFile.length + 1)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        guard count == SealingKeyFile.length else {
            throw StoreError(
                .corrupt,
                "the key file \(path) does not hold \(SealingKeyFile.length) bytes; restore it from a backup, "
                    + "or remove it and give inline secrets again"
            )
        }
        bytes.removeLast()
        return bytes
    }

    private func create() throws(StoreError) {
        let draft = path + ".\(getpid()).new"
        unlink(draft)
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw StoreError(errno: errno, doing: "cannot create the key file \(draft)") }
        defer { unlink(draft) }
        let key = randomBytes(SealingKeyFile.length)
        let written = write(descriptor, key, key.count) == key.count && fsync(descriptor) == 0
        let code = errno
        close(descriptor)
        guard written else { throw StoreError(errno: code, doing: "cannot write the key file \(draft)") }
        guard link(draft, path) == 0 || errno == EEXIST else {
            throw StoreError(errno: errno, doing: "cannot create the key file \(path)")
        }
        try Durability.syncDirectory(ofFile: path)
    }
}

/// Bytes from the system's cryptographic generator.
///
/// - Parameter count: How many.
public func randomBytes(_ count: Int) -> [UInt8] {
    // The system is asked for eight at a time.
    var generator = SystemRandomNumberGenerator()
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 7)
    while bytes.count < count { withUnsafeBytes(of: generator.next() as UInt64) { bytes.append(contentsOf: $0) } }
    bytes.removeLast(bytes.count - count)
    return bytes
}
