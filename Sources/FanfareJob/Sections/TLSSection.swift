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

    static let certificate = Key<String>(
        "cert",
        .text("the path of a PEM file", length: 1...4000),
        "A PEM file of the certificate that the receiver recognises the sender by; relative to the job file's folder."
    )
    static let key = Key<String>(
        "key",
        .text("the path of a PEM file", length: 1...4000),
        "The PEM file of the certificate's key; without it the key is in the certificate's file."
    )
    static let keyPassword = Key<Secret>("key_password", .secret, "What the key is locked with.")

    static let keys = [
        authority.description, verify.description, certificate.description, key.description, keyPassword.description,
    ]

    static let format = Format<WebhookDefinition.TLS>.section(
        "the TLS settings",
        keys: keys,
        rules: [
            "not": .object([
                "required": [.string(authority.name), .string(verify.name)],
                "properties": .object([verify.name: .object(["const": false])]),
            ]),
            "dependentRequired": .object([
                key.name: [.string(certificate.name)], keyPassword.name: [.string(certificate.name)],
            ]),
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
        let own = clientCertificate(section, &reading)
        guard let path else { return WebhookDefinition.TLS(verifies: verifies, clientCertificate: own) }
        let file = pemFile(path, of: authority, "the authorities' file", holding: ["CERTIFICATE"], section, &reading)
        return file.map { WebhookDefinition.TLS(authorityFile: $0, verifies: verifies, clientCertificate: own) }
    }

    private static func clientCertificate(
        _ section: SectionMembers,
        _ reading: inout Reading
    ) -> WebhookDefinition.ClientCertificate? {
        let path = section.value(certificate, &reading)
        let keyPath = section.value(key, &reading)
        let password = section.value(keyPassword, &reading)
        guard section.has(certificate) else {
            if section.has(key) || section.has(keyPassword) {
                reading.report(
                    .conflict,
                    at: section.has(key) ? section.place(key) : section.place(keyPassword),
                    "`\(reading.path.dotted)` has a key and no certificate",
                    suggestion: "add `cert`"
                )
            }
            return nil
        }
        let keyFile = keyPath.flatMap {
            pemFile($0, of: key, "the key's file", holding: ["PRIVATE KEY"], section, &reading)
        }
        let contents = section.has(key) ? ["CERTIFICATE"] : ["CERTIFICATE", "PRIVATE KEY"]
        let file = path.flatMap {
            pemFile($0, of: certificate, "the certificate's file", holding: contents, section, &reading)
        }
        guard let file, !section.has(key) || keyFile != nil else { return nil }
        return .init(file: file, keyFile: keyFile, keyPassword: password)
    }

    /// A bundle of all authorities of the world has a quarter of a megabyte.
    private static let maximumBytes = 1 << 24

    /// The file from the root, if it holds what it should. A stored job's may be gone.
    private static func pemFile(
        _ path: String,
        of key: Key<String>,
        _ what: String,
        holding contents: [String],
        _ section: SectionMembers,
        _ reading: inout Reading
    ) -> String? {
        let resolved = FileContents.resolve(path, in: reading.folder)
        guard !reading.isStored else { return resolved }
        guard reading.mayNameFiles else {
            reading.descend(.key(key.name)) { $0.reportForeignName(at: section.place(key)) }
            return nil
        }
        var reason: String?
        do throws(FileContents.Fault) {
            let text = String(decoding: try FileContents.read(resolved, maximumBytes: maximumBytes), as: UTF8.self)
            let missing = contents.first { !text.hasBlock($0) }
            reason = missing.map { "it holds no \($0.lowercased()) in PEM form" }
        } catch {
            reason = error.reason
        }
        guard let reason else { return resolved }
        reading.descend(.key(key.name)) {
            $0.report(.unreadableFile, at: section.place(key), "\(what) \(resolved.shownPath): \(reason)")
        }
        return nil
    }
}

extension String {
    /// Whether a block of this kind begins in the text, as `CERTIFICATE` or `PRIVATE KEY` of any kind.
    fileprivate func hasBlock(_ kind: String) -> Bool {
        split(separator: "-----BEGIN ").dropFirst(hasPrefix("-----BEGIN ") ? 0 : 1).contains { block in
            guard let end = block.firstRange(of: "-----") else { return false }
            return block[..<end.lowerBound].hasSuffix(kind)
        }
    }
}
