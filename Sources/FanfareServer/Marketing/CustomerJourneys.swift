import Fanfare
import FanfareCampaigns
import FanfareJob
import HTTPTypes
import Hummingbird

/// `POST /customer-journeys/journeys/{journey_id}/steps/{step_id}/actions/trigger`: a program lets a contact begin.
///
/// Journey and step are the numbers that `/v1/journeys` tells; the step is a starting point of the type `api`.
extension MarketingAPI {
    func addCustomerJourneys(to root: RouterGroup<APIContext>) {
        let path = "/customer-journeys/journeys/{journey_id}/steps/{step_id}/actions/trigger"
        root.post("\(path)") { request, context in
            let (journey, step) = (try context.number("journey_id"), try context.number("step_id"))
            let body = try await request.decode(TriggerBody.self, context)
            guard let address = body.address, !address.isEmpty else { throw Problem.missing(["email_address"]) }
            do {
                try await daemon.journeys.trigger(journey: journey, step: step, address: address)
            } catch let error as JourneyError where error.code == .alreadyInside || error.code == .notEligible {
                throw Problem.invalidAction(error.message + ".")
            }
            return JSONAnswer.none
        }
    }
}

private struct TriggerBody: Decodable, Sendable {
    enum CodingKeys: String, CodingKey { case address = "email_address" }

    let address: String?
}
