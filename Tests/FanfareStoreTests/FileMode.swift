import Glibc

/// The permission bits of a file or folder; nil when there is none.
func mode(of path: String) -> UInt32? {
    var info = stat()
    return stat(path, &info) == 0 ? info.st_mode & 0o777 : nil
}
