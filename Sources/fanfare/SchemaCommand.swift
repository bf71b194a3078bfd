import ArgumentParser
import Fanfare

/// `fanfare schema`.
struct SchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Prints the JSON Schema of job files, for editors and checks.",
        discussion: "Example:\n  fanfare schema > fanfare.schema.json"
    )

    func run() throws { print(JobSchema.json) }
}
