import FanfareStore
import Glibc

/// The room that a job needs in the data directory, and what there is.
///
/// | What | Bytes | Measured |
/// | --- | --- | --- |
/// | ledger, each recipient | 70 | a ledger of 200,000 delivered: 46 each |
/// | audience, each byte of its tables | 1.3 | 200,000 contacts of 9 columns: 39 MB, with the indexes by address and tag 47 |
/// | the write-ahead logs | 64 MiB, at most as much as the files | what they grow to between two checkpoints |
///
/// Failed attempts come on top, each with up to 1 KiB of its answer: no estimate can know how many.
public struct JobRoom: Sendable, Hashable {
    /// What the job needs, in bytes.
    public let needed: Int64
    /// What the disk of the data directory has, in bytes; nil: nobody knows.
    public let free: Int64?
    /// Where that disk is.
    private let place: String

    private static let bytesPerRecipient: Int64 = 70
    private static let journals: Int64 = 64 << 20

    init(recipients: Int64, importedFile: String?, dataDirectory: String) {
        let audience = importedFile.flatMap(Self.size) ?? 0
        let files = recipients * Self.bytesPerRecipient + audience * 13 / 10
        needed = files + min(files, Self.journals)
        place = Self.existing(dataDirectory)
        var disk = statvfs()
        free = statvfs(place, &disk) == 0 ? Int64(clamping: UInt64(disk.f_bavail) * UInt64(disk.f_frsize)) : nil
    }

    /// What deserves a second look.
    var warnings: [String] {
        guard let free, free < needed else { return [] }
        return [
            "the disk of the data directory has \(Self.text(free)) free and the job needs about \(Self.text(needed)), "
                + "more when attempts fail"
        ]
    }

    /// `1 MB`, `64 MB`, `1.5 GB`: rounded up to whole megabytes.
    public static func text(_ bytes: Int64) -> String {
        let megabytes = (bytes + 999_999) / 1_000_000
        if megabytes < 1000 { return "\(megabytes) MB" }
        let tenths = (megabytes + 50) / 100
        return "\(tenths / 10).\(tenths % 10) GB"
    }

    private static func size(of path: String) -> Int64? {
        var info = stat()
        return stat(path, &info) == 0 ? Int64(info.st_size) : nil
    }

    /// The directory, or the nearest above it that is there.
    private static func existing(_ path: String) -> String {
        var path = path.hasPrefix("/") ? path : "./" + path
        while !Durability.fileExists(path), let slash = path.lastIndex(of: "/") {
            path = slash == path.startIndex ? "/" : String(path[..<slash])
        }
        return path
    }
}
