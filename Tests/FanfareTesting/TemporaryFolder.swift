public import Foundation

/// A folder of a test's own under the system's temporary folder, 0700.
public struct TemporaryFolder: Sendable {
    /// Where it is.
    public let url: URL

    /// Its path.
    public var path: String { url.path }

    /// Makes it.
    ///
    /// - Throws: What the file system says.
    public init() throws {
        let name = "fanfare-test-" + UUID().uuidString
        url = FileManager.default.temporaryDirectory.appendingPathComponent(name, isDirectory: true)
        try FileManager.default.createDirectory(
            at: url,
            withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o700]
        )
    }

    /// The path of a file or folder in it, there or not.
    ///
    /// - Parameter name: Relative to the folder.
    public func path(_ name: String) -> String { url.appendingPathComponent(name).path }

    /// Writes a file in it.
    ///
    /// - Parameters:
    ///   - text: What it holds, as UTF-8.
    ///   - name: Relative to the folder.
    /// - Returns: Its path.
    /// - Throws: What the file system says.
    @discardableResult
    public func write(_ text: String, to name: String) throws -> String {
        try Data(text.utf8).write(to: url.appendingPathComponent(name))
        return path(name)
    }

    /// Removes it with all that is in it, also where a test took away the right to write.
    ///
    /// - Throws: What the file system says.
    public func remove() throws {
        try? FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: path)
        try FileManager.default.removeItem(at: url)
    }
}

/// Runs a test with a folder of its own and removes that whatever happens.
///
/// - Parameter body: The test.
/// - Returns: What the test returned.
/// - Throws: What the file system or the test threw.
@discardableResult
public func withTemporaryFolder<Result>(_ body: (TemporaryFolder) async throws -> Result) async throws -> Result {
    let folder = try TemporaryFolder()
    do {
        let result = try await body(folder)
        try folder.remove()
        return result
    } catch {
        try? folder.remove()
        throw error
    }
}
