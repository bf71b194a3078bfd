public import FanfareJob

/// Why nothing was done with a campaign or a touchpoint.
///
/// No text in it holds a secret.
public struct CampaignError: Error, Sendable, CustomStringConvertible {
    /// What a caller can act on.
    public struct Code: Sendable, Hashable {
        private enum Kind: Sendable {
            case unknownCampaign, unknownTouchpoint, invalid, conflict, forbiddenByPlan, tooMany, ending, failed
        }

        private let kind: Kind
        /// There is no campaign of that id.
        public static let unknownCampaign = Code(kind: .unknownCampaign)
        /// The campaign has no touchpoint of that id.
        public static let unknownTouchpoint = Code(kind: .unknownTouchpoint)
        /// Values are not accepted: ``CampaignError/fields`` says which.
        public static let invalid = Code(kind: .invalid)
        /// It cannot be done as things stand.
        public static let conflict = Code(kind: .conflict)
        /// The account's plan does not allow it.
        public static let forbiddenByPlan = Code(kind: .forbiddenByPlan)
        /// There are as many as there may be.
        public static let tooMany = Code(kind: .tooMany)
        /// The daemon is ending.
        public static let ending = Code(kind: .ending)
        /// The agent failed.
        public static let failed = Code(kind: .failed)
    }

    /// A value that is not accepted.
    public struct Field: Sendable, Hashable {
        /// Its path, as `webhook.url`.
        public let field: String
        /// One sentence: what is wrong, and what is accepted.
        public let message: String

        /// - Parameters: see the properties of the same names.
        public init(_ field: String, _ message: String) { (self.field, self.message) = (field, message) }
    }

    /// What a caller can act on.
    public let code: Code
    /// One or two sentences for a person.
    public let message: String
    /// The values that are not accepted, where some are at fault.
    public let fields: [Field]
    /// What lies beneath.
    public let cause: (any Error)?

    /// - Parameters: see the properties of the same names.
    public init(_ code: Code, _ message: String, fields: [Field] = [], cause: (any Error)? = nil) {
        (self.code, self.message, self.fields, self.cause) = (code, message, fields, cause)
    }

    /// The sentence, and those of the fields.
    public var description: String {
        ([message] + fields.map { "\($0.field): \($0.message)" }).joined(separator: "; ")
    }

    /// Of an id that no campaign has.
    public static func unknown(campaign id: String) -> CampaignError {
        CampaignError(.unknownCampaign, "there is no campaign \(id.prefix(40))")
    }

    /// Of an id that no touchpoint of the campaign has.
    public static func unknown(touchpoint id: String) -> CampaignError {
        CampaignError(.unknownTouchpoint, "the campaign has no touchpoint \(id.prefix(40))")
    }

    /// Of values that are not accepted.
    ///
    /// - Parameter fields: At least one.
    public static func invalid(_ fields: [Field]) -> CampaignError {
        CampaignError(.invalid, "what the touchpoint says is not accepted", fields: fields)
    }

    /// Of what is wrong with a touchpoint's job.
    public init(_ error: JobError) {
        self.init(.invalid, "what the touchpoint says is not accepted", fields: error.fields, cause: error)
    }
}

extension JobError {
    /// The problems by the names that a touchpoint has for what its job says.
    public var fields: [CampaignError.Field] { problems.map(\.field) }
}

extension JobProblem {
    /// The problem by the name that a touchpoint has for it.
    var field: CampaignError.Field {
        let name =
            switch path {
            case []: "webhook"
            case ["schedule", "at"]: "at"
            case ["schedule", "time_zone"]: "time_zone"
            // The campaign's own.
            case ["audience", "name"]: "audience"
            default: path.dotted
            }
        let further = [accepted.map { "accepted: \($0)" }, suggestion].compactMap(\.self)
        return CampaignError.Field(name, ([message] + further).joined(separator: "; "))
    }
}
