extension RequestTemplate {
    /// Checks a webhook and compiles it.
    ///
    /// - Parameters:
    ///   - definition: As its author wrote it.
    ///   - fields: The audience's merge fields.
    ///   - groups: The names of the audience's groups by the title of their category, against which `*|INTERESTED:…|*`
    ///     is held; nil: they are not known, and any are accepted.
    ///   - audienceName: What `*|LIST:NAME|*` inserts; nil: that tag is unknown.
    ///   - links: What links to hosted pages are made of.
    /// - Throws: ``PayloadErrors`` with everything that is wrong.
    public static func compile(
        _ definition: WebhookDefinition,
        fields: [MergeField],
        groups: [String: [String]]? = nil,
        audienceName: String? = nil,
        links: PageLinks.Supply = .none("leads to a hosted page, and this webhook goes to no audience that has any")
    ) throws(PayloadErrors) -> RequestTemplate {
        let catalogue = TagCatalogue(fields: fields, groups: groups, audienceName: audienceName, links: links)
        var compiler = TemplateCompiler(catalogue: catalogue)
        let url = compiler.compileURL(definition.url)
        let headers = compiler.compileHeaders(of: definition)
        let body = compiler.compileBody(of: definition)
        let required = compiler.compileRequired(definition.require)
        let signer = compiler.compileSigning(definition.signing)
        guard compiler.problems.isEmpty, let url else { throw PayloadErrors(all: compiler.problems) }
        return RequestTemplate(
            origin: url.origin,
            method: definition.method,
            urlBase: url.base,
            constantURL: url.constant,
            constantHeaders: headers.constant,
            namesUserAgent: definition.headers.contains { $0.name.lowercased() == "user-agent" },
            columns: compiler.builder.columns,
            secretMask: SecretMask(definition),
            program: compiler.builder.program,
            urlSection: url.section,
            headerSection: headers.section,
            bodySection: body.section,
            boundaryCount: body.boundaryCount,
            required: required,
            signer: signer
        )
    }
}

extension TemplateCompiler {
    fileprivate mutating func compileRequired(_ tags: [String]) -> [UInt16] {
        tags.enumerated().map { index, tag in
            if let (column, _) = catalogue.column(named: tag) { return builder.slot(of: column) }
            let hint = NearestName.hint(for: tag, among: catalogue.columnNames)
            report(.unknownField, "unknown field \(tag.shortened)\(hint)", at: ["require", .index(index)])
            return 0
        }
    }

    fileprivate mutating func compileSigning(_ signing: WebhookDefinition.Signing?) -> StandardWebhookSigner? {
        guard let signing else { return nil }
        if signing.secrets.isEmpty { report(.invalidSigningSecret, "at least one secret is needed", at: ["signing"]) }
        var keys: [StandardWebhookSigner.Key] = []
        for (index, secret) in signing.secrets.enumerated() {
            do {
                keys.append(try StandardWebhookSigner.Key(secret))
            } catch {
                report(error.code, error.message, at: ["signing", "secrets", .index(index)])
            }
        }
        return StandardWebhookSigner(keys: keys)
    }
}
