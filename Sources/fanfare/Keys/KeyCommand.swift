public import ArgumentParser
import Fanfare
public import FanfareServer
import Foundation

/// `fanfare key …`.
struct KeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key",
        abstract: "Makes, lists and revokes the keys of the HTTP interface.",
        discussion: """
            They hold from then on, also for a fanfare serve that is running.

            Examples:
              fanfare key create --scope send
              fanfare key list
            """,
        subcommands: [KeyCreateCommand.self, KeyListCommand.self, KeyRevokeCommand.self]
    )
}

extension KeyScope: ExpressibleByArgument {}

/// `fanfare key create`.
struct KeyCreateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Makes a key and prints it, alone, once: only its hash is kept.",
        discussion: "Example:\n  fanfare key create --scope admin > key"
    )

    @Option(help: "What it allows: view reads; send changes contacts too; admin changes all.")
    var scope: KeyScope
    @Option(help: "What stands behind its dash: 1 to 20 lower-case letters and digits.")
    var name = "us1"
    @OptionGroup var data: DataOptions

    private var unfit: ValidationError {
        ValidationError("--name: \"\(name)\" is none; accepted: 1 to 20 lower-case letters and digits")
    }

    func run() async throws {
        try await reportingFailures {
            let order = KeyOrder(name: name, scope: scope.rawValue)
            if let answer = try data.askDaemon(ControlRequest(.createKey, key: order)) {
                if answer.refusal == .invalid { throw unfit }
                return print(try answer.requireDone())
            }
            let installation = try Installation.own(data.directory)
            let keys = try KeyCatalogue(installation.catalogue)
            guard let text = try keys.create(name: name, scope: scope, now: currentUnixTime()) else { throw unfit }
            try installation.note(AuditEntry(byCommand: "create_key", object: ""))
            print(text)
        }
    }
}

/// `fanfare key list`.
struct KeyListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists the keys by their ids.",
        discussion: "Example:\n  fanfare key list"
    )

    private struct Line: Encodable {
        let id: String
        let name: String
        let scope: String
        let created: Int64
        let revoked: Int64?
    }

    @OptionGroup var data: DataOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await reportingFailures {
            let keys = try KeyCatalogue.all(Installation.read(data.directory).catalogue)
            if keys.isEmpty, !output.json { print("there are no keys; make one with: fanfare key create") }
            for key in keys {
                if output.json {
                    let line = Line(
                        id: key.id,
                        name: key.name,
                        scope: key.scope.rawValue,
                        created: key.created,
                        revoked: key.revoked
                    )
                    print(try JSONLine.text(line))
                } else {
                    let state = key.revoked == nil ? "" : "  revoked"
                    print("\(key.id)  \(key.scope.rawValue)  …-\(key.name)\(state)")
                }
            }
        }
    }
}

/// `fanfare key revoke ID`.
struct KeyRevokeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Ends the use of a key.",
        discussion: "Example:\n  fanfare key revoke 5a3f0c1b2e"
    )

    @Argument(help: "The key's id, as fanfare key list shows it.")
    var id: String
    @OptionGroup var data: DataOptions

    func run() async throws {
        try await reportingFailures {
            if let answer = try data.askDaemon(ControlRequest(.revokeKey, key: KeyOrder(revoking: id))) {
                if answer.refusal == .invalid { throw ValidationError(answer.message) }
                return print(try answer.requireDone())
            }
            let installation = try Installation.own(data.directory)
            guard try KeyCatalogue(installation.catalogue).revoke(id, now: currentUnixTime()) else {
                throw ValidationError("there is no key \(id); see fanfare key list")
            }
            try installation.note(AuditEntry(byCommand: "revoke_key", object: "key \(id)"))
            print("\(id): revoked")
        }
    }
}
