import ArgumentParser
import Fanfare

/// `fanfare audience tag NAME EMAIL TAG …`.
struct AudienceTagCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tag",
        abstract: "Puts tags on one contact; unknown ones are made.",
        discussion: "Examples:\n  fanfare audience tag customers ada@example.com vip \"spring sale\""
    )

    @OptionGroup var contact: ContactArguments
    @Argument(help: "The tags' names.")
    var tags: [String]

    func run() async throws {
        try await reportingFailures {
            try await contact.perform(.mustExist) { edit, _ in
                edit.tags = tags.map { .init($0) }
            } _: { _ in
                "tagged"
            }
        }
    }
}

/// `fanfare audience untag NAME EMAIL TAG …`.
struct AudienceUntagCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "untag",
        abstract: "Takes tags off one contact.",
        discussion: "Examples:\n  fanfare audience untag customers ada@example.com vip"
    )

    @OptionGroup var contact: ContactArguments
    @Argument(help: "The tags' names.")
    var tags: [String]

    func run() async throws {
        try await reportingFailures {
            try await contact.perform(.mustExist) { edit, audience in
                let known = try audience().tags().map(\.name)
                for tag in tags where !known.contains(where: { $0.lowercased() == tag.lowercased() }) {
                    let hint = nearestName(to: tag, among: known).map { "; did you mean \"\($0)\"?" } ?? ""
                    throw AudienceError(.unknownTag, "the audience has no tag \"\(tag)\"\(hint)")
                }
                edit.tags = tags.map { .init($0, isActive: false) }
            } _: { _ in
                "untagged"
            }
        }
    }
}
