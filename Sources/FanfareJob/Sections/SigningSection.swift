import FanfarePayload

/// The keys of `webhook.signing`.
enum SigningSection {
    static let secret = Key<[Secret]>(
        "secret",
        oneOrMore(.secret, atMost: 10),
        required: true,
        "whsec_… (HMAC-SHA256) or whsk_… (ed25519); during a rotation a list, which all sign."
    )

    static let format = Format<WebhookDefinition.Signing>.section(
        "the signing",
        keys: [secret.description]
    ) { section, reading in
        section.value(Self.secret, &reading).map { WebhookDefinition.Signing(secrets: $0) }
    }
}
