public import Foundation

/// A ``TemporaryFolder`` that lasts as long as somebody holds it: for fixtures that are made before their test runs.
public final class FixtureFolder: Sendable {
    private let folder: TemporaryFolder

    /// Where it is.
    public var url: URL { folder.url }

    /// Its path.
    public var path: String { folder.path }

    /// Makes it.
    ///
    /// - Throws: What the file system says.
    public init() throws { folder = try TemporaryFolder() }

    // Nothing can be thrown from here; what is left lies in the system's temporary folder.
    deinit { try? folder.remove() }
}
