import ArgumentParser
import Fanfare

/// `fanfare suppress list [ADDRESS …]`.
struct SuppressListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Shows what is on the list, as keyed hashes; or whether addresses are.",
        discussion: """
            Examples:
              fanfare suppress list
              fanfare suppress list ada@example.com
            """
    )

    @Argument(help: "Addresses that are looked up.")
    var addresses: [String] = []
    @OptionGroup var data: DataOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await reportingFailures {
            let installation = try Installation.read(data.directory)
            let list = installation.suppression
            if addresses.isEmpty { return try show(list.entries()) }
            let known = try list.addresses()
            for address in addresses {
                let isOn = try known?.contains(address) ?? false
                if output.json {
                    print(try JSONLine.text(Found(address: address, suppressed: isOn)))
                } else {
                    print("\(address): \(isOn ? "suppressed" : "not on the list")")
                }
            }
        }
    }

    private func show(_ entries: [SuppressionList.Entry]) throws {
        for entry in entries {
            let reason = entry.reason?.rawValue ?? "unknown"
            if output.json {
                print(try JSONLine.text(Shown(hash: entry.hash, added: entry.added, reason: reason)))
            } else {
                print("\(entry.hash)  \(HumanText.moment(entry.added))  \(reason)")
            }
        }
        if entries.isEmpty, !output.json { print("Nobody is on the suppression list.") }
    }

    private struct Found: Encodable {
        let address: String
        let suppressed: Bool
    }

    private struct Shown: Encodable {
        let hash: String
        let added: Int64
        let reason: String
    }
}
