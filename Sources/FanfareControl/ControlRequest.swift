public import FanfareAudience
public import FanfareDelivery

/// What one process asks of the one that owns a data directory: one line of JSON.
public struct ControlRequest: Sendable, Hashable, Codable {
    /// What is to be done.
    public enum Command: String, Sendable, Hashable, Codable, CaseIterable {
        /// Send nothing new until resumed.
        case pause
        /// Go on.
        case resume
        /// End for good; the rest is cancelled.
        case cancel
        /// Change rate, number in flight or deadline.
        case set
        /// Tell how what runs stands.
        case status
        /// Change a contact.
        case edit
        /// Send no audience webhooks until told otherwise.
        case pauseWebhooks = "pause_webhooks"
        /// Send them again.
        case resumeWebhooks = "resume_webhooks"
    }

    /// The protocol's version: the one that is spoken, and the only one that is understood.
    public static let version = 1

    /// The version of who asks.
    public var version: Int
    /// What is to be done.
    public var command: Command
    /// The fan-out's name; needed by all but `status`.
    public var name: String?
    /// What to set; only with `set`.
    public var change: SettingsChange?
    /// What to change of which contact; only with `edit`.
    public var contact: ContactOrder?

    /// - Parameters: see the properties of the same names.
    public init(
        _ command: Command,
        name: String? = nil,
        change: SettingsChange? = nil,
        contact: ContactOrder? = nil
    ) {
        version = Self.version
        self.command = command
        self.name = name
        self.change = change
        self.contact = contact
    }

    private enum CodingKeys: String, CodingKey {
        case version = "fanfare"
        case command, name, change, contact
    }
}

/// What the owner answers: one line of JSON.
public struct ControlAnswer: Sendable, Hashable, Codable {
    /// The version of who answers.
    public var version: Int
    /// Nil: it is done, and remembered where it is to be.
    public var refusal: Refusal?
    /// One or a few sentences for a person.
    public var message: String
    /// What runs, for `status`.
    public var fanOuts: [LiveStatus]?
    /// What a change of a contact has come to, for `edit`.
    public var contact: EditOutcome?

    /// Why something was not done; new words may be added.
    public enum Refusal: String, Sendable, Hashable, Codable {
        /// No fan-out of that name.
        case unknown
        /// The fan-out has ended, or is being cancelled.
        case ended
        /// The process that ran the fan-out is just ending it: to be asked again in a moment.
        case ending
        /// The values are not accepted.
        case invalid
        /// The agent failed: the order may not be remembered.
        case failed
        /// What came was no request that this version understands.
        case malformed
    }

    /// - Parameters: see the properties of the same names.
    public init(
        _ message: String,
        refusal: Refusal? = nil,
        fanOuts: [LiveStatus]? = nil,
        contact: EditOutcome? = nil
    ) {
        version = ControlRequest.version
        self.message = message
        self.refusal = refusal
        self.fanOuts = fanOuts
        self.contact = contact
    }

    private enum CodingKeys: String, CodingKey {
        case version = "fanfare"
        case refusal, message, contact
        case fanOuts = "fan_outs"
    }
}
