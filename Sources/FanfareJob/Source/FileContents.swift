import Glibc

/// Reads whole files of bounded size.
enum FileContents {
    /// Why a file could not be read.
    enum Fault: Error, Equatable {
        /// The system's reason, `errno`.
        case system(Int32)
        case tooLarge

        var reason: String {
            switch self {
            case .system(let code): String(cString: strerror(code))
            case .tooLarge: "it is too large"
            }
        }
    }

    /// - Parameters:
    ///   - path: A file, or anything else that can be read to an end.
    ///   - maximumBytes: More than this is refused.
    static func read(_ path: String, maximumBytes: Int) throws(Fault) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system(errno) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        let chunk = 65_536
        while true {
            let start = bytes.count
            bytes.append(contentsOf: repeatElement(0, count: chunk))
            let count = bytes.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress.map { $0 + start }, chunk)
            }
            bytes.removeLast(chunk - max(0, count))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .system(errno) }
            guard bytes.count <= maximumBytes else { throw .tooLarge }
            if count == 0 { return bytes }
        }
    }

    /// Whether a regular file that may be read stands there; otherwise why not.
    static func fault(ofFile path: String) -> Fault? {
        var status = stat()
        guard stat(path, &status) == 0 else { return .system(errno) }
        guard status.st_mode & S_IFMT != S_IFDIR else { return .system(EISDIR) }
        return access(path, R_OK) == 0 ? nil : .system(errno)
    }

    /// A path as a file in `folder` means it.
    static func resolve(_ path: String, in folder: String) -> String {
        path.hasPrefix("/") || folder.isEmpty ? path : folder + "/" + path
    }

    /// The path from the root, so that it means the same in every working directory.
    static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/"), let current = getcwd(nil, 0) else { return path }
        defer { free(current) }
        return path.isEmpty ? String(cString: current) : String(cString: current) + "/" + path
    }

    /// The folder a file stands in; empty: the current one.
    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "" }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
