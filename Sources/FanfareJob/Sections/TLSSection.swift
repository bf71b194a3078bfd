import FanfarePayload

/// The keys of `webhook.tls`.
enum TLSSection {
    static let authority = Key<String>(
        "ca",
        .text("the path of a PEM file", length: 1...4000),
        "A PEM file of the certificate authorities to trust instead of the system's; relative to the job file's folder."
    )
    static let verify = Key<Bool>(
        "verify",
        .truth,
        default: true,
        "Whether the receiver's certificate and host name are checked; false lets anybody read and answer."
    )

    static let keys = [authority.description, verify.description]

    static let format = Format<WebhookDefinition.TLS>.section(
        "the TLS settings",
        keys: keys,
        rules: [
            "not": .object([
                "required": [.string(authority.name), .string(verify.name)],
                "properties": .object([verify.name: .object(["const": false])]),
            ])
        ]
    ) { section, reading in
        let path = section.value(authority, &reading)
        let verifies = section.value(verify, &reading) ?? true
        if section.has(authority), !verifies {
            reading.report(
                .conflict,
                at: section.place(authority),
                "`\(reading.path.dotted)` names authorities, and `verify: false` asks none",
                suggestion: "remove one of them"
            )
        }
        guard let path else { return WebhookDefinition.TLS(verifies: verifies) }
        let file = authorities(path, place: section.place(authority), &reading)
        return file.map { WebhookDefinition.TLS(authorityFile: $0, verifies: verifies) }
    }

    /// A bundle of all authorities of the world has a quarter of a megabyte.
    private static let maximumBytes = 1 << 24

    /// The file from the root, if it holds certificates. A stored job's may be gone.
    private static func authorities(_ path: String, place: Place, _ reading: inout Reading) -> String? {
        let resolved = FileContents.resolve(path, in: reading.folder)
        guard !reading.isStored else { return resolved }
        var reason: String?
        do throws(FileContents.Fault) {
            let text = String(decoding: try FileContents.read(resolved, maximumBytes: maximumBytes), as: UTF8.self)
            if !text.contains("-----BEGIN CERTIFICATE-----") { reason = "it holds no certificate in PEM form" }
        } catch {
            reason = error.reason
        }
        guard let reason else { return resolved }
        reading.descend(.key(authority.name)) {
            $0.report(.unreadableFile, at: place, "the authorities' file \(resolved.shownPath): \(reason)")
        }
        return nil
    }
}
