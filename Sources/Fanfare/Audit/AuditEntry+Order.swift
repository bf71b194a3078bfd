import FanfareAudience
import FanfareControl

extension AuditEntry {
    /// What an order has changed, or was to change.
    ///
    /// - Returns: Nil for one that only asks.
    init?(of request: ControlRequest, _ answer: ControlAnswer) {
        guard var object = request.changedObject else { return nil }
        if let made = answer.webhook { object += ", \(made)" }
        self.init(
            time: currentUnixTime(),
            actor: "command line",
            action: request.command.rawValue,
            object: object,
            result: answer.refusal == nil ? "done" : "refused"
        )
    }
}

extension ControlRequest {
    /// What it changes, without values and addresses; nil: it only asks.
    fileprivate var changedObject: String? {
        switch command {
        case .status, .follow, .backupStatus, .followImport: nil
        case .edit, .erase: contact.map { "audience \($0.audience)" } ?? ""
        case .run: run.map { "\($0)" } ?? ""
        case .createKey: ""
        case .revokeKey: key?.id.map { "key \($0)" } ?? ""
        case .importContacts: importing.map { "audience \($0.audience)" } ?? ""
        case .stopImport: ""
        case .createWebhook: webhook?.audience.map { "audience \($0)" } ?? ""
        case .enableWebhook, .disableWebhook, .deleteWebhook, .testWebhook: webhook?.id.map { "webhook \($0)" } ?? ""
        default: name.map { "fan-out \($0)" } ?? ""
        }
    }
}
