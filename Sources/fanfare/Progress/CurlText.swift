import Fanfare
import Foundation

/// One request as a command line of curl that sends the same: to be pasted into a POSIX shell.
///
/// Where secrets are not shown, the command takes them from the variables and files that the job takes them from; one
/// that stands in the job itself from a variable of its own.
struct CurlText {
    let text: RequestText
    let webhook: WebhookDefinition
    let endpoint: EndpointSettings
    let timeout: Duration

    /// What no argument may exceed on Linux (128 KiB) with room to spare; and no terminal takes more in one go.
    private static let longestArgument = 64 << 10

    /// Comments with what is to be set first, then the command.
    var command: String {
        var variables: [String] = []
        var words = ["curl --silent --show-error --include --path-as-is --globoff --tlsv1.2"]
        words.append(endpoint.offersHTTP2 ? "--http2" : "--http1.1")
        let seconds = max(0.001, timeout / .seconds(1))
        words.append("--max-time \(seconds == seconds.rounded() ? String(Int(seconds)) : String(seconds))")
        if !endpoint.verifiesCertificates { words.append("--insecure") }
        if let file = endpoint.certificateAuthorityFile { words.append("--cacert \(file.quotedForShell)") }
        if let certificate = endpoint.clientCertificate {
            words.append("--cert \(certificate.file.quotedForShell)")
            if let key = certificate.keyFile { words.append("--key \(key.quotedForShell)") }
            if certificate.password != nil { variables.append("curl asks for the key's password") }
        }
        if let proxy = endpoint.proxy {
            words.append("--proxy \(proxy.url.quotedForShell)")
            if let user = proxy.username { words.append("--proxy-user \(user.quotedForShell)") }
        } else {
            words.append("--noproxy '*'")
        }
        if text.request.method != "GET" { words.append("--request \(text.request.method)") }
        words.append(text.url.quotedForShell)
        for header in text.request.headers where !["host", "content-length"].contains(header.name.lowercased()) {
            words.append(headerOption(header, &variables))
        }
        // What curl would add by itself and the agent does not send.
        let names = Set(text.request.headers.map { $0.name.lowercased() })
        for name in ["Accept", "User-Agent", "Content-Type", "Expect"] where !names.contains(name.lowercased()) {
            words.append("-H '\(name):'")
        }
        var pipe = ""
        let body = text.body
        if text.request.method != "GET" {
            if VisibleText.isPlain(body), body.count <= Self.longestArgument {
                words.append("--data-raw \(String(decoding: body, as: UTF8.self).quotedForShell)")
            } else {
                let base64 = Data(body).base64EncodedString(options: [.lineLength76Characters, .endLineWithLineFeed])
                pipe = "base64 -d <<'END' |\n\(base64)\nEND\n"
                words.append("--data-binary @-")
            }
        }
        if text.url.contains(SecretMask.placeholder) { variables.append(Self.placeholderNote("the URL")) }
        if !text.showsSecrets, body != text.request.body { variables.append(Self.placeholderNote("the body")) }
        return variables.map { "# \($0)\n" }.joined() + pipe + words.joined(separator: " \\\n  ")
    }

    private static func placeholderNote(_ place: String) -> String {
        "\(SecretMask.placeholder) in \(place) stands for a secret: --show-secrets prints it"
    }

    private func headerOption(_ header: RequestPreview.Header, _ variables: inout [String]) -> String {
        let value = String(decoding: header.value, as: UTF8.self)
        if text.showsSecrets || !header.isSecret {
            let covered = text.showsSecrets ? header.value : text.secrets.redacted(header.value)
            let shown = String(decoding: covered, as: UTF8.self)
            return "-H " + (value.isEmpty ? "\(header.name);" : "\(header.name): \(shown)").shellWord
        }
        if header.name.lowercased() == "authorization", let option = authorizationOption(&variables) { return option }
        let secret = webhook.headers.first { $0.name.lowercased() == header.name.lowercased() }
        var origin = Secret.Origin.inline
        if case .secret(let value) = secret?.value { origin = value.origin }
        // The name stays out of the double quotes: a header's name may hold a ` or a $.
        return "-H \("\(header.name): ".shellWord)\"\(reference(origin, name: header.name, &variables))\""
    }

    private func authorizationOption(_ variables: inout [String]) -> String? {
        switch webhook.authorization {
        case .basic(let username, let password):
            let reference = reference(password.origin, name: "password", &variables)
            return "--user \(username.shellWord):\"\(reference)\""
        case .bearer(let token):
            return "-H \"Authorization: Bearer \(reference(token.origin, name: "token", &variables))\""
        case nil: return nil
        }
    }

    /// What a shell puts in the place of a secret, within double quotes.
    private func reference(_ origin: Secret.Origin, name: String, _ variables: inout [String]) -> String {
        switch origin {
        case .environment(let variable) where variable.isShellName:
            variables.append("set \(variable) first: the job reads it too")
            return "${\(variable)}"
        case .file(let path): return "$(cat \(path.shellWord))"
        case .inline, .environment:
            let variable = "FANFARE_" + name.uppercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" }
            variables.append("set \(variable) first: the job says what it is (\(name))")
            return "${\(variable)}"
        }
    }
}

extension String {
    /// Whether a shell takes it for a variable's name.
    fileprivate var isShellName: Bool { wholeMatch(of: /[A-Za-z_][A-Za-z0-9_]*/) != nil }

    /// As one word, always within quotes.
    fileprivate var shellWord: String { "'" + replacing("'", with: "'\\''") + "'" }
}
