import ArgumentParser
import Fanfare
import Foundation

/// `fanfare report NAME`.
struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Sums a fan-out up: as text, as JSON, or as a page of HTML with charts.",
        discussion: """
            The page is one file that needs nothing else: no script, no network. It works beside a running agent, and \
            then says as of when its figures are. A report names no contact and covers what looks like an address or \
            a telephone number in the receiver's answers, unless --with-contacts is given.

            Examples:
              fanfare report black-friday
              fanfare report black-friday --html report.html
              fanfare report black-friday --run 1 --html - >first.html
            """
    )

    @Argument(help: "The name of a fan-out.", completion: Completions.fanOuts)
    var name: String
    @Option(
        name: .customLong("html"),
        help: ArgumentHelp("Write a page of HTML to this file; - is standard output.", valueName: "file")
    )
    var page: String?
    @Option(name: .customLong("run"), help: "Which run of that name; the latest without it.")
    var givenRun: Int64?
    @Flag(name: .customLong("with-contacts"), help: "Name contacts, and show the receiver's answers as they came.")
    var namesContacts = false
    @OptionGroup var data: DataOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if output.json, page != nil { throw ValidationError("--json and --html exclude each other") }
        if page == "" { throw ValidationError("--html: the path is empty") }
    }

    func run() async throws {
        try await reportingFailures {
            let target = try page.map(ReportTarget.init)
            let installation = try Installation.read(data.directory)
            var options = SurveyReader.Options()
            options.namesContacts = namesContacts
            let report = try installation.report(of: try record(installation), options)
            if let target {
                let page = ReportPage(report, program: "Fanfare \(Version.number)", namesContacts: namesContacts)
                try target.write(page.html())
            } else {
                print(output.json ? try Self.json(report) : ReportText(report, hint: data.hint).text)
            }
        }
    }

    private func record(_ installation: Installation) throws -> FanOutRecord {
        let latest = try installation.fanOutRecords(named: name)[0]
        guard let givenRun, givenRun != latest.run else { return latest }
        let all = try installation.fanOutRecords(named: nil)
        guard let record = all.first(where: { $0.name == name && $0.run == givenRun }) else {
            throw JobRunError(.unknownFanOut, "\(name) has no run \(givenRun); the latest is run \(latest.run)")
        }
        return record
    }

    private static func json(_ report: FanOutReport) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return String(decoding: try encoder.encode(report), as: UTF8.self)
    }
}

/// Where a page goes.
struct ReportTarget {
    /// Nil: standard output.
    private let path: String?

    /// - Throws: `ValidationError` for what cannot be replaced: a directory, a device.
    init(_ path: String) throws {
        self.path = path == "-" ? nil : path
        guard path != "-" else { return }
        var info = stat()
        guard stat(path, &info) == 0, info.st_mode & S_IFMT != S_IFREG else { return }
        let kind = info.st_mode & S_IFMT == S_IFDIR ? "a directory" : "no regular file"
        throw ValidationError(
            "--html: \(path) is \(kind); give the path of a file, or - for standard output"
        )
    }

    /// Writes the whole page or nothing.
    func write(_ page: String) throws {
        guard let path else { return try FileHandle.standardOutput.write(contentsOf: Data(page.utf8)) }
        let file = try AtomicFile(path: path)
        var page = page
        try page.withUTF8 { try file.write(UnsafeRawBufferPointer($0)) }
        try file.commit()
    }
}
