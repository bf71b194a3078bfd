public import FanfarePayload

/// The `notify` of a job: who is told when its fan-out ends, is stopped, or its breaker opens and closes.
///
/// It is no part of what a fan-out is: a changed one is taken by the next process without further ado.
public struct JobNotify: Sendable, Hashable {
    /// When somebody is told.
    public enum Occasion: String, Sendable, Hashable, CaseIterable {
        /// Every delivery is final, or `stop_after` passed.
        case ended
        /// A rule or the operator stopped it, it was interrupted, or the agent failed.
        case stopped
        /// The receiver is down, or back.
        case breaker
    }

    /// Where a notification is posted; nil: nowhere.
    public var url: String?
    /// How that is signed (Standard Webhooks); nil: not at all.
    public var signing: WebhookDefinition.Signing?
    /// A program and its arguments, started without a shell; the program's path is absolute or looked up. Empty: none.
    public var command: [String]
    /// When.
    public var occasions: Set<Occasion>

    /// - Parameters: see the properties of the same names.
    public init(
        url: String? = nil,
        signing: WebhookDefinition.Signing? = nil,
        command: [String] = [],
        occasions: Set<Occasion> = Set(Occasion.allCases)
    ) {
        self.url = url
        self.signing = signing
        self.command = command
        self.occasions = occasions
    }
}

extension JobEncoder {
    func encode(_ notify: JobNotify?) -> JSONValue? {
        guard let notify else { return nil }
        let occasions = JobNotify.Occasion.allCases.filter(notify.occasions.contains)
        return .members(
            (NotifySection.url.name, notify.url.map { .string($0) }),
            (NotifySection.signing.name, encode(notify.signing)),
            (
                NotifySection.command.name,
                notify.command.isEmpty ? nil : .array(notify.command.map { .string($0) })
            ),
            (NotifySection.occasions.name, .array(occasions.map { .string($0.rawValue) }))
        )
    }
}
