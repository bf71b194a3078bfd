import ArgumentParser
import Fanfare
import Foundation

/// `fanfare init CONTACTS`.
struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Writes a commented job file for a contact file that it has looked at.",
        discussion: """
            Reads the file's columns and tags as an import would; no contact's data goes into the job file.

            Examples:
              fanfare init contacts.csv
              fanfare init audience_export.zip --output spring.yaml
            """
    )

    @Argument(help: "The contact file: .csv, .zip or .jsonl.", completion: Completions.contacts)
    var contacts: String
    @Option(help: ArgumentHelp("The job file to write.", valueName: "file"))
    var output = "job.yaml"
    @Option(
        help: ArgumentHelp("The job's name; the contact file's without its ending unless given.", valueName: "name")
    )
    var name: String?
    @OptionGroup var data: DataOptions

    func validate() throws {
        guard let name, !JobName.accepts(name) else { return }
        throw ValidationError("--name: accepted is \(JobName.accepted)")
    }

    func run() async throws {
        try await reportingFailures {
            // Before the work; what appears meanwhile is not replaced either.
            if Durability.fileExists(output) { throw refuseToReplace() }
            let survey = try ContactSurvey(of: contacts, dataDirectory: data.directory)
            let sketch = JobSketch(survey, contacts: pathFromJob, name: name ?? defaultName)
            try write(sketch.text)
            let path = output.quotedForShell
            print("Wrote \(output). Set its url, then: fanfare check \(path)")
        }
    }

    private func write(_ text: String) throws {
        let file = open(output, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard file >= 0 else {
            if errno == EEXIST { throw refuseToReplace() }
            say("cannot be written: \(String(cString: strerror(errno)))")
            throw ExitCode.agentError
        }
        do {
            try FileHandle(fileDescriptor: file, closeOnDealloc: true).write(contentsOf: Data(text.utf8))
        } catch {
            say("cannot be written: \(error.localizedDescription)")
            throw ExitCode.agentError
        }
    }

    private func refuseToReplace() -> ExitCode {
        say("is there already; name another with --output, or remove it")
        return .invalid
    }

    /// Says what is the matter with the file to be written.
    private func say(_ what: String) { Terminal.standardError.line("fanfare: \(output) \(what)") }

    private var defaultName: String {
        JobName.nearest(to: URL(fileURLWithPath: contacts).deletingPathExtension().lastPathComponent) ?? "job"
    }

    /// The contact file as the job file names it: a relative path starts from the job file's folder.
    private var pathFromJob: String {
        let isBeside = !contacts.hasPrefix("/") && !output.contains("/")
        return isBeside ? contacts : URL(fileURLWithPath: contacts).standardizedFileURL.path
    }
}
