import Fanfare
import FanfareJob
import Hummingbird

/// The settings of the whole installation.
extension V1API {
    var accountOperations: [Operation] {
        [
            Operation(
                method: .get,
                path: "/account",
                id: "getAccount",
                summary: "The settings of the installation",
                scope: .view,
                answer: .json(JSONSchema.named("Account"), "The settings."),
                handler: { [installation = daemon.installation] request, _ in
                    let settings = try await onDisk { try installation.accountSettings() }
                    return try JSONAnswer.make(AccountJSON.value(settings), for: request)
                }
            ),
            Operation(
                method: .patch,
                path: "/account",
                id: "changeAccount",
                summary: "Changes settings of the installation",
                description: "What is left out stays as it is. What is scheduled already goes on under any plan.",
                scope: .admin,
                body: JSONSchema.named("AccountChange"),
                answer: .json(JSONSchema.named("Account"), "The settings, as they are then."),
                handler: { [installation = daemon.installation] request, context in
                    let change = try await request.decode(AccountChange.self, context)
                    let settings = try await onDisk { try installation.changeAccountSettings(change.apply(to:)) }
                    return try JSONAnswer.make(AccountJSON.value(settings), for: request)
                }
            ),
        ]
    }
}

/// What is to be another setting; nil: it stays.
struct AccountChange: Decodable, Sendable {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case plan
        case timeZone = "time_zone"
    }

    let plan: Plan?
    let timeZone: String?

    init(from decoder: any Decoder) throws {
        let members = try decoder.members(CodingKeys.self)
        plan = try members.word(.plan, of: Plan.allCases) { $0.rawValue }
        timeZone = try members.text(.timeZone, length: 1...100)
        if let timeZone, !AccountSettings.isTimeZone(timeZone) {
            throw DecodingError.dataCorruptedError(
                forKey: .timeZone,
                in: members,
                debugDescription: "\"\(timeZone.prefix(40))\" is no IANA name of a time zone, such as Europe/Paris."
            )
        }
    }

    @Sendable func apply(to settings: inout AccountSettings) {
        if let plan { settings.plan = plan }
        if let timeZone { settings.timeZone = timeZone }
    }

    static let schema = JSONSchema.object(
        ["plan": AccountJSON.plan, "time_zone": AccountJSON.timeZone],
        optional: ["plan", "time_zone"]
    )
}

/// Writes the settings of an installation.
enum AccountJSON {
    static func value(_ settings: AccountSettings) -> JSONValue {
        .object(["plan": .string(settings.plan.rawValue), "time_zone": .string(settings.timeZone)])
    }

    static let plan = JSONSchema.word(
        Plan.allCases.map(\.rawValue),
        "Touchpoints and journeys with webhooks can be activated on \(Plan.withWebhooks) alone."
    )
    static let timeZone = JSONSchema.text(
        "The IANA name of a time zone: of what is planned without one, and so of its contacts whose own is not known.",
        length: 1...100
    )
    static let schema = JSONSchema.object(["plan": plan, "time_zone": timeZone])
}
