import ArgumentParser
import Fanfare

/// What a shell offers when somebody presses the tabulator.
enum Completions {
    static let jobs = CompletionKind.file(extensions: ["yaml", "yml", "json"])
    static let contacts = CompletionKind.file(extensions: ["csv", "zip", "jsonl", "ndjson"])
    /// Names of fan-outs in the data directory that the command line names, else in the usual one.
    static let fanOuts = names { Set(try $0.fanOutRecords(named: nil).map(\.name)) }
    /// Names of stored audiences.
    static let audiences = names { Set(try $0.audiences.all().compactMap(\.name)) }

    private static func names(_ read: @escaping @Sendable (Installation) throws -> Set<String>) -> CompletionKind {
        .custom { words, _, _ in
            // A shell that asks has no use for an error: nothing is offered.
            guard let installation = try? Installation.read(dataDirectory(words)) else { return [] }
            return (try? read(installation).sorted()) ?? []
        }
    }

    private static func dataDirectory(_ words: [String]) -> String {
        if let option = words.firstIndex(of: "--data"), option + 1 < words.count { return words[option + 1] }
        return words.first { $0.hasPrefix("--data=") }.map { String($0.dropFirst("--data=".count)) }
            ?? DataOptions.usual
    }
}
