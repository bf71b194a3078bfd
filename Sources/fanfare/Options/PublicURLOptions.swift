import ArgumentParser
import Fanfare

/// Where hosted pages are reached from outside.
struct PublicURLOptions: ParsableArguments {
    @Option(
        name: .customLong("public-url"),
        help: ArgumentHelp(
            "Where the hosted pages of `fanfare serve` are reached from outside (FANFARE_PUBLIC_URL); links to them need "
                + "it.",
            valueName: "url"
        )
    )
    var given: String?

    /// As given, else as the environment says; nil: neither does.
    ///
    /// - Throws: `ValidationError` for what is no such URL.
    func url() throws -> PublicURL? {
        guard let text = given ?? Environment.value("FANFARE_PUBLIC_URL") else { return nil }
        guard let url = PublicURL(text) else {
            let name = given == nil ? "FANFARE_PUBLIC_URL" : "--public-url"
            throw ValidationError("\(name): \"\(text)\" is not accepted; write \(PublicURL.accepted)")
        }
        return url
    }

    func validate() throws { _ = try url() }

    /// What a command that is suggested needs to make the same links; begins with a space unless empty.
    var hint: String { given.map { " --public-url \($0.quotedForShell)" } ?? "" }
}
