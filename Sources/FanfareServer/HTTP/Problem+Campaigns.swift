import FanfareCampaigns
import HTTPTypes

extension Problem {
    /// Why nothing was done with a campaign or a touchpoint.
    init(campaign error: CampaignError) {
        switch error.code {
        case .unknownCampaign, .unknownTouchpoint:
            self.init(status: .notFound, title: "Resource Not Found", detail: error.message + ".")
        case .invalid:
            self = .invalid("The resource submitted could not be validated: \(error.message).")
            errors = error.fields.map { Field(field: $0.field, message: $0.message) }
        case .forbiddenByPlan: self = .forbidden(error.message + ".")
        case .tooMany: self = .invalidAction(error.message + ".")
        case .ending: self = .ending
        case .failed: self.init(status: .internalServerError, title: "InternalServerError", detail: error.message + ".")
        default: self = .conflict(error.message + ".")
        }
    }
}
