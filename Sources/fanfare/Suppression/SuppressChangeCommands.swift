import ArgumentParser
import Fanfare
import Foundation

/// Brings changes of the suppression list to whoever owns the data directory.
struct SuppressionChange {
    /// Addresses of a request at most, which has 64 KiB.
    private static let piece = 150

    let data: DataOptions
    let output: OutputOptions

    /// - Parameters:
    ///   - addresses: Of any number.
    ///   - order: Makes an order of a piece of them.
    ///   - done: What was done with one or more, as `added`.
    func give(_ addresses: [String], _ order: ([String]) -> SuppressionOrder, _ done: String) async throws {
        var count = 0
        let link = ControlLink(dataDirectory: data.directory)
        for start in stride(from: 0, to: addresses.count, by: Self.piece) {
            let piece = Array(addresses[start..<min(start + Self.piece, addresses.count)])
            let answer = try await link.ask(ControlRequest(.suppress, suppression: order(piece)))
            if let refusal = answer.refusal {
                let earlier = HumanText.count(count, "address", plural: "addresses")
                let before = count == 0 ? "" : " (\(earlier) \(done) before)"
                Terminal.standardError.line("fanfare: \(answer.message)\(before)")
                throw refusal == .invalid ? ExitCode.invalid : ExitCode.agentError
            }
            count += answer.count ?? 0
        }
        if output.json { return print(try JSONLine.text(["given": addresses.count, done: count])) }
        print(
            "\(HumanText.count(count, "address", plural: "addresses")) \(done)"
                + (count == addresses.count ? "" : " of \(HumanText.count(Int64(addresses.count))) given")
        )
    }
}

/// `fanfare suppress add ADDRESS …`.
struct SuppressAddCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Has addresses never contacted again, from now on and in what is under way.",
        discussion: "Example:\n  fanfare suppress add ada@example.com bob@example.com"
    )

    @Argument(help: "The addresses.")
    var addresses: [String]
    @OptionGroup var data: DataOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await reportingFailures {
            try await SuppressionChange(data: data, output: output)
                .give(addresses, { SuppressionOrder(added: $0) }, "added")
        }
    }
}

/// `fanfare suppress remove ADDRESS …`.
struct SuppressRemoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Takes addresses off the list; what was skipped meanwhile stays so.",
        discussion: "Example:\n  fanfare suppress remove ada@example.com"
    )

    @Argument(help: "The addresses.")
    var addresses: [String]
    @OptionGroup var data: DataOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await reportingFailures {
            try await SuppressionChange(data: data, output: output)
                .give(addresses, { SuppressionOrder(removed: $0) }, "removed")
        }
    }
}

/// `fanfare suppress import FILE`.
struct SuppressImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Has the addresses of a file never contacted again.",
        discussion: """
            One address a line; blank lines are passed over, and so is a first one that is a header: email, \
            email_address or Email Address. When a line is no address nothing of the file is taken, and the first such \
            lines are named with their numbers.

            Example:
              fanfare suppress import never-again.txt
            """
    )

    @Argument(help: "The file.", completion: .file())
    var file: String
    @OptionGroup var data: DataOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await reportingFailures {
            let contents = SuppressionFile(try String(contentsOfFile: file, encoding: .utf8))
            try contents.requireAddresses(file)
            try await SuppressionChange(data: data, output: output)
                .give(contents.addresses, { SuppressionOrder(added: $0) }, "added")
        }
    }
}
