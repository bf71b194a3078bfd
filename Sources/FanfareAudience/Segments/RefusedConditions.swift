/// Conditions of Mailchimp's that Fanfare knows and cannot answer, and why.
struct RefusedConditions: Sendable {
    /// Values of `condition_type`.
    let types: [String]
    /// Values of `field`, which a merge field of the same name goes before.
    var fields: [String] = []
    /// Operators that belong to these types alone.
    var operators: [String] = []
    /// The rest of a sentence that begins with what was written.
    let reason: String

    private static let places =
        "needs a gazetteer, which Fanfare does not have; with coordinates use IPGeoIn, with lat and lng"

    static let all = [
        RefusedConditions(
            types: ["Aim"],
            fields: ["aim"],
            reason: "asks who opened, clicked or was sent an e-mail: Fanfare sends none and holds no such activity"
        ),
        RefusedConditions(
            types: ["Automation"],
            fields: ["automation"],
            reason: "asks who is in an automation of Mailchimp's, of which Fanfare holds nothing"
        ),
        RefusedConditions(
            types: ["CampaignPoll", "Conversation", "SurveyMonkey"],
            fields: ["poll", "conversation", "survey_monkey"],
            reason: "asks for answers to e-mails, polls and surveys, which Fanfare does not hold"
        ),
        RefusedConditions(
            types: ["EcommCategory", "EcommNumber", "EcommPurchased", "EcommSpent", "EcommStore"],
            fields: [
                "ecomm_cat", "ecomm_prod", "ecomm_spent_avg", "ecomm_orders", "ecomm_prod_all", "ecomm_avg_ord",
                "ecomm_purchased", "ecomm_spent_one", "ecomm_spent_all", "ecomm_store", "ecomm_date",
            ],
            reason: "asks for purchases, and Fanfare holds no stores, products and orders"
        ),
        RefusedConditions(
            types: ["GoalActivity", "GoalTimestamp"],
            fields: ["goal", "goal_last_visited"],
            reason: "asks for visits of web pages, which Fanfare does not see"
        ),
        RefusedConditions(
            types: ["FuzzySegment"],
            fields: ["fuzzy_segment"],
            reason: "asks for contacts that Mailchimp thinks alike, which Fanfare cannot know"
        ),
        RefusedConditions(
            types: ["SocialAge", "SocialGender", "SocialInfluence", "SocialNetworkMember", "SocialNetworkFollow"],
            fields: ["social_age", "social_gender", "social_influence", "social_network"],
            reason: "asks for profiles in social networks, which Fanfare does not hold"
        ),
        RefusedConditions(
            types: ["PredictedGender", "PredictedAge"],
            fields: ["predicted_gender", "predicted_age_range"],
            reason: "asks for what Mailchimp guesses of a contact, which Fanfare cannot know"
        ),
        RefusedConditions(
            types: ["ZipMerge", "IPGeoInZip"],
            operators: ["geoin", "ipgeoinzip"],
            reason: "measures from a postal code, which \(places)"
        ),
        RefusedConditions(
            types: ["IPGeoZip"],
            operators: ["ipgeoiszip", "ipgeonotzip"],
            reason:
                "asks for a postal code, and where an IP address is Fanfare holds as country, region, time zone and "
                + "coordinates; a zip field is compared by TextMerge"
        ),
    ]

    /// - Parameter list: Which of the words are looked through.
    static func problem(
        key: String,
        seen: String,
        among list: KeyPath<RefusedConditions, [String]>
    ) -> ConditionProblem? {
        all.first { $0[keyPath: list].contains(seen) }.map {
            ConditionProblem(key: key, message: "\(seen) is refused: it \($0.reason)")
        }
    }
}
