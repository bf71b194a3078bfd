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
        /// Forget a contact for good.
        case erase
        /// Remember how long what has ended is kept.
        case retention
        /// Change the suppression list.
        case suppress
        /// Begin a backup; the answer comes before its end.
        case backup
        /// Tell how far the backup into a folder is, or what came of it.
        case backupStatus = "backup_status"
        /// Run a job, and go on with it over restarts.
        case run
        /// Tell how such a job stands.
        case follow
        /// Make a key of the HTTP interface.
        case createKey = "create_key"
        /// End the use of one.
        case revokeKey = "revoke_key"
        /// Make a webhook of an audience, when its URL has answered its check.
        case createWebhook = "create_webhook"
        /// Have one told again.
        case enableWebhook = "enable_webhook"
        /// Have one told nothing any more.
        case disableWebhook = "disable_webhook"
        /// Forget one.
        case deleteWebhook = "delete_webhook"
        /// Send one a webhook that tells of nothing that was.
        case testWebhook = "test_webhook"
        /// Read a contact file into an audience; the answer comes before its end.
        case importContacts = "import"
        /// Tell how far such an import is, or how it ended.
        case followImport = "follow_import"
        /// End one before its end.
        case stopImport = "stop_import"
        /// Send nothing at all until told otherwise.
        case stopAll = "stop_all"
        /// Take that back.
        case resumeAll = "resume_all"
        /// Answer a request of the HTTP interface.
        case api
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
    /// What to change of which contact with `edit`; with `erase` which contact.
    public var contact: ContactOrder?
    /// Which backup; only with `backup` and `backupStatus`.
    public var backup: BackupOrder?
    /// What becomes of events that may have been sent since the backup that was restored; only with `resumeWebhooks`.
    public var restored: RestoredChoice?
    /// What to change of the suppression list; only with `suppress`.
    public var suppression: SuppressionOrder?
    /// How long what is kept; only with `retention`.
    public var retention: RetentionOrder?
    /// Which job; only with `run`.
    public var run: RunOrder?
    /// Which run or import; only with `follow`, `follow_import` and `stop_import`.
    public var ticket: String?
    /// Which key; only with `create_key` and `revoke_key`.
    public var key: KeyOrder?
    /// Which webhook; only with orders for one.
    public var webhook: WebhookOrder?
    /// Which contact file; only with `import`.
    public var importing: ImportOrder?
    /// Who wants it, and why; only with `stop_all` and `resume_all`.
    public var stop: StopOrder?
    /// What is asked of the HTTP interface; only with `api`.
    public var call: APICall?

    /// - Parameters: see the properties of the same names.
    public init(
        _ command: Command,
        name: String? = nil,
        change: SettingsChange? = nil,
        contact: ContactOrder? = nil,
        backup: BackupOrder? = nil,
        restored: RestoredChoice? = nil,
        suppression: SuppressionOrder? = nil,
        retention: RetentionOrder? = nil,
        run: RunOrder? = nil,
        ticket: String? = nil,
        key: KeyOrder? = nil,
        webhook: WebhookOrder? = nil,
        importing: ImportOrder? = nil,
        stop: StopOrder? = nil,
        call: APICall? = nil
    ) {
        version = Self.version
        (self.stop, self.call) = (stop, call)
        self.command = command
        self.name = name
        self.change = change
        self.contact = contact
        self.backup = backup
        self.restored = restored
        self.suppression = suppression
        self.retention = retention
        self.run = run
        self.ticket = ticket
        self.key = key
        self.webhook = webhook
        self.importing = importing
    }

    private enum CodingKeys: String, CodingKey {
        case version = "fanfare"
        case command, name, change, contact, backup, restored, suppression, retention, run, ticket, key
        case webhook, stop, call
        case importing = "import"
    }
}

/// What the owner answers: one line of JSON.
public struct ControlAnswer: Sendable, Codable {
    /// The version of who answers.
    public var version: Int
    /// Nil: it is done, and remembered where it is to be.
    public var refusal: Refusal?
    /// One or a few sentences for a person.
    public var message: String
    /// What runs, for `status`.
    public var fanOuts: [LiveStatus]?
    /// Whether all webhooks stand still until told otherwise, for `status`; nil: no daemon answers, which sends them.
    public var webhooksPaused: Bool?
    /// What a change of a contact has come to, for `edit`.
    public var contact: EditOutcome?
    /// How far a backup is, for `backup` and `backupStatus`.
    public var backup: BackupProgress?
    /// What a backup that has come to its end is, for `backupStatus`.
    public var backedUp: BackupSummary?
    /// How many addresses were put on the suppression list, or taken off it, for `suppress`.
    public var count: Int?
    /// How a job stands, for `run` and `follow`.
    public var handed: HandedRun?
    /// The webhook that was made, for `create_webhook`.
    public var webhook: MadeWebhook?
    /// What came of a webhook that was sent to try one, for `test_webhook`.
    public var trial: EventTrial?
    /// What a job would do that was planned, for `run`.
    public var planned: PlannedRun?
    /// How an import stands, for `import`, `follow_import` and `stop_import`.
    public var importing: HandedImport?
    /// Since when, by whom and why everything is stopped, for `stop_all`.
    public var stop: PulledStop?
    /// What the HTTP interface answers, for `api`, also where it refuses.
    public var reply: APIReply?

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
        webhooksPaused: Bool? = nil,
        contact: EditOutcome? = nil,
        backup: BackupProgress? = nil,
        backedUp: BackupSummary? = nil,
        count: Int? = nil,
        handed: HandedRun? = nil,
        webhook: MadeWebhook? = nil,
        trial: EventTrial? = nil,
        importing: HandedImport? = nil,
        stop: PulledStop? = nil,
        reply: APIReply? = nil
    ) {
        version = ControlRequest.version
        (self.stop, self.reply) = (stop, reply)
        self.handed = handed
        (self.webhook, self.trial, self.importing) = (webhook, trial, importing)
        self.message = message
        self.refusal = refusal
        self.fanOuts = fanOuts
        self.webhooksPaused = webhooksPaused
        self.contact = contact
        self.backup = backup
        self.backedUp = backedUp
        self.count = count
    }

    private enum CodingKeys: String, CodingKey {
        case version = "fanfare"
        case refusal, message, contact, backup, count, handed, webhook, trial, stop, planned, reply
        case fanOuts = "fan_outs", webhooksPaused = "webhooks_paused", backedUp = "backed_up", importing = "import"
    }
}
