import CArchive
import FanfareStore

/// Makes a gzipped tar archive piece by piece: what it has come to so far can be taken out at any time.
final class GzippedTar {
    /// What libarchive has written and nobody has taken.
    private final class Output {
        var bytes: [UInt8] = []
    }

    private let handle: OpaquePointer
    private let output = Output()
    /// The type of a plain file (`AE_IFREG`, a macro that Swift does not import).
    private static let regularFile: UInt32 = 0o100000

    /// - Throws: `StoreError` when there is no memory for it.
    init() throws {
        guard let handle = archive_write_new() else { throw StoreError(.ioFailure, "no memory for an archive") }
        self.handle = handle
        // Nothing is filled up to a block of a tape.
        for code in [
            archive_write_add_filter_gzip(handle), archive_write_set_format_ustar(handle),
            archive_write_set_bytes_in_last_block(handle, 1),
        ] where code != ARCHIVE_OK { throw failure }
        let place = Unmanaged.passUnretained(output).toOpaque()
        let code = archive_write_open2(
            handle,
            place,
            nil,
            { _, place, bytes, count in
                guard let place, let bytes else { return -1 }
                let output = Unmanaged<Output>.fromOpaque(place).takeUnretainedValue()
                output.bytes.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: count))
                return count
            },
            nil,
            nil
        )
        guard code == ARCHIVE_OK else { throw failure }
    }

    deinit { archive_write_free(handle) }

    /// Adds a file.
    ///
    /// - Parameter time: Unix time in seconds.
    func add(_ name: String, _ content: [UInt8], time: Int64) throws {
        guard let entry = archive_entry_new() else { throw StoreError(.ioFailure, "no memory for an archive") }
        defer { archive_entry_free(entry) }
        archive_entry_set_pathname(entry, name)
        archive_entry_set_filetype(entry, Self.regularFile)
        archive_entry_set_perm(entry, 0o600)
        archive_entry_set_mtime(entry, Int(time), 0)
        archive_entry_set_size(entry, Int64(content.count))
        guard archive_write_header(handle, entry) == ARCHIVE_OK else { throw failure }
        let written = content.withUnsafeBytes { archive_write_data(handle, $0.baseAddress, $0.count) }
        guard written == content.count, archive_write_finish_entry(handle) == ARCHIVE_OK else { throw failure }
    }

    /// Ends it; nothing is added any more.
    func finish() throws {
        guard archive_write_close(handle) == ARCHIVE_OK else { throw failure }
    }

    /// What there is of it since the last time.
    func take() -> [UInt8] {
        defer { output.bytes = [] }
        return output.bytes
    }

    private var failure: StoreError {
        let reason = archive_error_string(handle).map { String(cString: $0) } ?? "error \(archive_errno(handle))"
        return StoreError(.ioFailure, "the archive cannot be made: \(reason)")
    }
}
