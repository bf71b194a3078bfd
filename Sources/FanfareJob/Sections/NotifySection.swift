import FanfarePayload
import Glibc

/// The keys of `notify`.
enum NotifySection {
    static let url = Key<String>(
        "url",
        // Of such a URL the path alone is often a key.
        .text("an http or https URL without merge tags", length: 1...8000) { $0.contains("*|") ? nil : $0 }
            .concealed { _ in true },
        "Where a notification is posted, as JSON."
    )
    static let signing = Key<WebhookDefinition.Signing>(
        "signing",
        SigningSection.format,
        "Signs notifications (Standard Webhooks)."
    )
    static let command = Key<[String]>(
        "command",
        list(
            of: .text("a word of the command", length: 0...4000) { $0.unicodeScalars.contains("\0") ? nil : $0 },
            "a list of the program and its arguments such as [/usr/local/bin/page, --quiet]",
            count: 1...100
        ).concealed { _ in true },
        "A program that is started, without a shell, with the notification on its standard input."
    )
    static let occasions = Key<[JobNotify.Occasion]>(
        "on",
        list(of: .word(), "a list of ended, stopped, breaker", count: 1...3),
        default: ["ended", "stopped", "breaker"],
        "When: the fan-out ended; it was stopped, interrupted or failed; its receiver is down or back."
    )

    static let keys = [url.description, signing.description, command.description, occasions.description]

    static let format = Format<JobNotify>.section(
        "the notifications",
        keys: keys,
        rules: [
            "anyOf": [
                .object(["required": [.string(url.name)]]), .object(["required": [.string(command.name)]]),
            ],
            "dependentRequired": .object([signing.name: [.string(url.name)]]),
        ]
    ) { section, reading in
        let url = section.value(Self.url, &reading)
        let signing = section.value(Self.signing, &reading)
        let words = section.value(Self.command, &reading)
        let occasions = section.value(Self.occasions, &reading) ?? JobNotify.Occasion.allCases
        if !section.has(Self.url), !section.has(Self.command) {
            reading.report(
                .missingKey,
                at: section.place,
                "`\(reading.path.dotted)` tells nobody",
                suggestion: "add `url` or `command`"
            )
        }
        if section.has(Self.signing), !section.has(Self.url) {
            reading.report(
                .conflict,
                at: section.place(Self.signing),
                "`\(reading.path.dotted).signing` signs what is posted, and there is no `url`"
            )
        }
        let command = words.flatMap { program($0, at: section.place(Self.command), &reading) }
        return JobNotify(url: url, signing: signing, command: command ?? [], occasions: Set(occasions))
    }

    /// The command with its program from the root, if that can be started. A stored job's may be gone.
    private static func program(_ words: [String], at place: Place, _ reading: inout Reading) -> [String]? {
        guard let name = words.first else { return nil }
        let path = name.contains("/") ? FileContents.resolve(name, in: reading.folder) : name
        let resolved = [path] + words.dropFirst()
        guard !reading.isStored else { return resolved }
        let folders = (reading.variable("PATH") ?? "/usr/bin:/bin").split(separator: ":")
        let candidates = name.contains("/") ? [path] : folders.map { "\($0)/\(name)" }
        if !name.isEmpty, candidates.contains(where: isProgram) { return resolved }
        reading.descend(.key(command.name)) {
            $0.report(
                .badValue,
                at: place,
                "`\($0.path.dotted)` names no program that can be started",
                accepted: "the path of a program, or the name of one that PATH leads to"
            )
        }
        return nil
    }

    private static func isProgram(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
    }
}
