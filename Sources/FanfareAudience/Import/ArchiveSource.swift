import CArchive
import Glibc

/// The entries of a zip archive, one after the other, unpacked as they are read.
///
/// It stops at an archive that unpacks to far more than it is: more than 64 MiB and 250 times its size.
final class ArchiveReader {
    /// What messages call it.
    private let name: String
    private let size: Int64
    private let handle: OpaquePointer
    /// Bytes unpacked so far.
    fileprivate(set) var unpacked: Int64 = 0
    /// Entries of a contact export are a handful.
    private static let mostEntries = 1000
    private var entries = 0
    /// The type of an entry that is a plain file (`AE_IFREG`, a macro that Swift does not import).
    private static let regularFile: UInt32 = 0o100000

    /// - Parameter name: What messages call it; nil: by its path.
    init(path: String, name: String? = nil) throws {
        let name = name ?? path
        self.name = name
        guard let size = try FileSource(path: path, name: name).size else {
            throw AudienceError(.unreadableFile, "\(name) cannot be read at any place, as an archive must be")
        }
        self.size = size
        guard let handle = archive_read_new() else { throw AudienceError(.unreadableFile, "no memory for \(name)") }
        self.handle = handle
        archive_read_support_format_zip(handle)
        guard archive_read_open_filename(handle, path, 1 << 18) == ARCHIVE_OK else {
            throw failure("cannot read the archive")
        }
    }

    deinit { archive_read_free(handle) }

    /// Goes on to the next file of the archive.
    ///
    /// - Returns: Its name; nil at the end.
    func next() throws -> String? {
        while true {
            var entry: OpaquePointer?
            let code = archive_read_next_header(handle, &entry)
            if code == ARCHIVE_EOF { return nil }
            guard code == ARCHIVE_OK || code == ARCHIVE_WARN, let entry else { throw failure("the archive is damaged") }
            entries += 1
            guard entries <= ArchiveReader.mostEntries else {
                throw AudienceError(.malformedFile, "\(name) has more than \(ArchiveReader.mostEntries) entries")
            }
            guard archive_entry_is_encrypted(entry) == 0 else {
                throw AudienceError(.malformedFile, "\(name) is encrypted; unpack it first")
            }
            let type = archive_entry_filetype(entry)
            guard type == ArchiveReader.regularFile || type == 0,
                let entryName = archive_entry_pathname_utf8(entry) ?? archive_entry_pathname(entry)
            else { continue }
            return String(cString: entryName)
        }
    }

    fileprivate func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let count = archive_read_data(handle, buffer.baseAddress, buffer.count)
        guard count >= 0 else { throw failure("the archive is damaged") }
        unpacked += Int64(count)
        guard unpacked <= max(64 << 20, 250 * size) else {
            throw AudienceError(
                .malformedFile,
                "\(name) unpacks to more than 250 times its size; it was not made by an export"
            )
        }
        return count
    }

    private func failure(_ doing: String) -> AudienceError {
        let reason = archive_error_string(handle).map { String(cString: $0) } ?? "error \(archive_errno(handle))"
        return AudienceError(.malformedFile, "\(doing) \(name): \(reason)")
    }
}

/// The current entry of an archive.
final class ArchiveEntrySource: ByteSource {
    let name: String
    private let archive: ArchiveReader

    init(name: String, archive: ArchiveReader) {
        self.name = name
        self.archive = archive
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int { try archive.read(into: buffer) }
}

/// The status of the contacts in a file of an export, by its name (`subscribed_email_audience_export_….csv`) or its
/// folder's; nil when it holds no contacts.
func exportedStatus(ofFile name: String) -> ContactStatus? {
    guard name.lowercased().hasSuffix(".csv") else { return nil }
    let parts = name.lowercased().split(separator: "/").reversed()
    for part in parts {
        let word = part.prefix { $0.isLetter }
        if let status = ContactStatus(rawValue: String(word)) { return status }
    }
    return nil
}
