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
            action: request.action,
            object: object,
            result: answer.refusal == nil ? "done" : "refused"
        )
    }
}

extension ControlRequest {
    /// What it does, in a word or two.
    fileprivate var action: String {
        switch command {
        case .edit: contact.map { "contact \($0.edit.action)" } ?? command.rawValue
        case .suppress where suppression?.added.isEmpty == false: "suppress add"
        case .suppress where suppression?.removed.isEmpty == false: "suppress remove"
        default: command.rawValue
        }
    }

    /// What it changes, without values and addresses; nil: it only asks.
    fileprivate var changedObject: String? {
        switch command {
        case .status, .follow, .backupStatus, .followImport: nil
        // Noted by the interface itself, as for who has a key.
        case .api: nil
        case .edit, .erase: contact.map { "audience \($0.audience)" } ?? ""
        case .run: run.map { "\($0)" } ?? ""
        case .createKey: ""
        case .revokeKey: key?.id.map { "key \($0)" } ?? ""
        case .importContacts: importing.map { "audience \($0.audience)" } ?? ""
        case .stopImport, .resumeAll: ""
        case .stopAll: stop.map { "by \($0.by)" } ?? ""
        case .createWebhook: webhook?.audience.map { "audience \($0)" } ?? ""
        case .enableWebhook, .disableWebhook, .deleteWebhook, .testWebhook: webhook?.id.map { "webhook \($0)" } ?? ""
        default: name.map { "fan-out \($0)" } ?? ""
        }
    }
}

extension ContactEdit {
    /// What it does, as the commands that make it are called.
    fileprivate var action: String {
        if presence == .mustBeNew { return "add" }
        var rest = self
        (rest.tags, rest.reason, rest.status) = ([], nil, nil)
        let isOfOneKind = rest == ContactEdit(key, presence)
        switch status {
        case .unsubscribed? where isOfOneKind && tags.isEmpty: return "unsubscribe"
        case .archived? where isOfOneKind && tags.isEmpty: return "archive"
        case nil where isOfOneKind && !tags.isEmpty:
            if tags.allSatisfy(\.isActive) { return "tag" }
            return tags.contains(where: \.isActive) ? "set" : "untag"
        default: return "set"
        }
    }
}
