package import FanfareJob

/// A touchpoint's job: what it says, written as a job file.
extension TouchpointDocument {
    /// The job's text.
    ///
    /// - Parameters:
    ///   - name: The job's.
    ///   - audience: The id of the campaign's audience, which survives a new name.
    ///   - at: Its time on the wall; nil: not said.
    ///   - timeZone: An IANA name.
    package func jobText(named name: String, to audience: String, at: String?, in timeZone: String) -> String {
        let schedule: [JSONValue.Member] =
            (at.map { [.init(key: "at", value: .string($0))] } ?? []) + [
                .init(key: "time_zone", value: .string(timeZone))
            ]
        let parts: [(String, JSONValue?)] = [
            ("fanfare", 1), ("name", .string(name)),
            ("audience", Self.section(self[.audience], with: [.init(key: "name", value: .string(audience))])),
            ("webhook", self[.webhook]), ("schedule", Self.section(self[.schedule], with: schedule)),
            ("delivery", self[.delivery]), ("notify", self[.notify]), ("public_url", self[.publicURL]),
        ]
        return JSONValue.object(parts.compactMap { key, value in value.map { .init(key: key, value: $0) } }).compact
    }

    /// What is no section is left for the job's reader to refuse.
    private static func section(_ value: JSONValue?, with own: [JSONValue.Member]) -> JSONValue {
        switch value {
        case nil: .object(own)
        case .object(let members)?: .object(own + members)
        case let other?: other
        }
    }

    /// What is wrong with a touchpoint that is not to be sent yet: not what is still missing, nor what only shows when it
    /// is to be.
    ///
    /// - Parameters: see ``jobText(named:to:at:in:)``.
    package func draftProblems(named name: String, at: String?, in timeZone: String) -> [CampaignError.Field] {
        let own = refusals + placeholders
        if !own.isEmpty { return own }
        let text = jobText(named: name, to: "draft", at: at, in: timeZone)
        do {
            _ = try JobText(Array(text.utf8), file: "the touchpoint", folder: "/").job(environment: [:])
            return []
        } catch {
            return error.problems.filter { Self.isWrong($0, hasTime: at != nil) }.map(\.field)
        }
    }

    private static func isWrong(_ problem: JobProblem, hasTime: Bool) -> Bool {
        switch problem.code {
        case .missingKey, .secret, .unreadableFile: false
        // What a rule and local times need a time for.
        case .badValue where !hasTime: problem.path != ["schedule"]
        default: true
        }
    }
}
