import Fanfare
import FanfareAudience
import FanfareCampaigns
import FanfareJob
import Foundation
import HTTPTypes
import Hummingbird

/// Customer journeys: their maps, edited whole, and their lives.
extension V1API {
    var journeyOperations: [Operation] {
        [
            Operation(
                method: .get,
                path: "/audiences/{audience_id}/journeys",
                id: "listJourneys",
                summary: "The journeys of an audience",
                scope: .view,
                parameters: [Self.audienceID],
                answer: .json(JSONSchema.named("Journeys"), "The journeys."),
                handler: list
            ),
            Operation(
                method: .post,
                path: "/audiences/{audience_id}/journeys",
                id: "createJourney",
                summary: "Makes a journey, as a draft",
                description: "The body is the journey's document, in JSON or YAML.",
                scope: .send,
                parameters: [Self.audienceID],
                body: JSONSchema.named("JourneyDocument"),
                answer: .json(JSONSchema.named("Journey"), "The journey.", status: .created),
                handler: create
            ),
            Operation(
                method: .get,
                path: "/journeys/{journey_id}",
                id: "getJourney",
                summary: "One journey, and how many contacts are at each point",
                scope: .view,
                parameters: [Self.journeyID],
                answer: .json(JSONSchema.named("Journey"), "The journey."),
                handler: { request, context in
                    let id = try context.part("journey_id")
                    return try await answer(request) { try $0.journey(id) }
                }
            ),
            Operation(
                method: .put,
                path: "/journeys/{journey_id}",
                id: "replaceJourney",
                summary: "Gives a journey another map",
                description: """
                    Contacts that are under way keep their places: a map without the points where they are is refused. \
                    Starting points change only while the journey is not active. Secrets are shown as [secret], and must \
                    be given again.
                    """,
                scope: .send,
                parameters: [Self.journeyID, Self.version],
                body: JSONSchema.named("JourneyDocument"),
                answer: .json(JSONSchema.named("Journey"), "The journey, as it is then."),
                handler: replace
            ),
            Operation(
                method: .delete,
                path: "/journeys/{journey_id}",
                id: "deleteJourney",
                summary: "Forgets a journey that is a draft or has ended",
                scope: .send,
                parameters: [Self.journeyID],
                answer: .none("It is forgotten."),
                handler: { _, context in
                    try await journeys.delete(try context.part("journey_id"))
                    return JSONAnswer.none
                }
            ),
            turn("activate", "activateJourney", "Lets contacts begin and go on") { try await $0.activate($1, by: $2) },
            turn("pause", "pauseJourney", "Has contacts hold their places; nobody begins, nothing more is sent") {
                try await $0.pause($1, by: $2)
            },
            turn("end", "endJourney", "Ends a journey for good: everybody leaves") { try await $0.end($1, by: $2) },
        ]
    }

    var journeys: Journeys { daemon.journeys }

    static let journeyID = Operation.Parameter.id("journey_id", of: "a journey")

    private static let version = Operation.Parameter.query(
        "version",
        JSONSchema.whole(in: 1...Int(Int32.max)),
        "The version that the map is to take the place of: another one is refused, with the version there is.",
        isRequired: true
    )

    private func turn(
        _ word: String,
        _ id: String,
        _ summary: String,
        _ order: @escaping @Sendable (Journeys, String, String) async throws -> Journey
    ) -> Operation {
        Operation(
            method: .post,
            path: "/journeys/{journey_id}/\(word)",
            id: id,
            summary: summary,
            scope: .send,
            parameters: [Self.journeyID],
            answer: .json(JSONSchema.named("Journey"), "The journey, as it is then."),
            handler: { request, context in
                let journey = try await order(journeys, try context.part("journey_id"), context.author)
                return try await answer(request) { _ in journey }
            }
        )
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let audience = try await audience(context).id
        let all = try await onDisk { [journeys] in try journeys.all(of: audience) }
        return try JSONAnswer.make(.object(["journeys": .array(all.map(JourneyJSON.summary))]), for: request)
    }

    private func create(_ request: Request, _ context: APIContext) async throws -> Response {
        let audience = try await audience(context).id
        let document = try await document(request, context)
        let journey = try await journeys.create(document, in: audience, by: context.author)
        return try await answer(request, status: .created) { _ in journey }
    }

    private func replace(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.part("journey_id")
        guard let version = request.value("version") else { throw Problem.unfit("version", "This value is required.") }
        guard let number = Int64(version), number > 0 else {
            throw Problem.unfit("version", "A whole number from 1 is accepted.")
        }
        // Whoever names a journey that is not there hears that, and not what is wrong with its map.
        _ = try await onDisk { [journeys] in try journeys.journey(id) }
        let document = try await document(request, context)
        let journey = try await journeys.replace(id, by: document, version: number, by: context.author)
        return try await answer(request) { _ in journey }
    }

    private func document(_ request: Request, _ context: APIContext) async throws -> JourneyDocument {
        let text = try await request.text(context)
        let mayNameFiles = context.key?.scope == .admin
        return try await onDisk {
            do throws(JobError) {
                return try JourneyDocument.read(
                    Array(text),
                    file: "the journey",
                    folder: "/",
                    environment: ProcessInfo.processInfo.environment,
                    mayNameFiles: mayNameFiles
                )
            } catch {
                throw Problem(document: error)
            }
        }
    }

    private func answer(
        _ request: Request,
        status: HTTPResponse.Status = .ok,
        _ find: @escaping @Sendable (Journeys) throws -> Journey
    ) async throws -> Response {
        let value = try await onDisk { [journeys] in try JourneyJSON.value(of: try find(journeys), journeys) }
        return try JSONAnswer.make(value, for: request, status: status)
    }
}
