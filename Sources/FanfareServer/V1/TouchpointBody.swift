import Fanfare
import FanfareCampaigns
import FanfareJob
import Foundation
import HTTPTypes
import Hummingbird

/// A touchpoint, or what is to be changed of one, as a caller says it.
struct TouchpointBody: Sendable {
    /// Nil: not said.
    let kind: Touchpoint.Kind?
    let edit: TouchpointEdit

    private static let sections = TouchpointDocument.Section.allCases

    /// - Parameters:
    ///   - value: The body.
    ///   - text: The same as JSON.
    init(_ value: JSONValue, _ text: Data) throws {
        let scalars = try Request.decode(Scalars.self, from: text)
        kind = scalars.kind
        var edit = scalars.edit
        for section in Self.sections {
            if let value = value[section.rawValue] { edit.sections[section] = value }
        }
        self.edit = edit
    }

    // MARK: Its schema

    static let newSchema = JSONSchema.object(
        [.init(key: "kind", value: JSONSchema.word(Touchpoint.Kind.allCases.map(\.rawValue), "What it is."))] + members,
        optional: Set(members.map(\.key).filter { $0 != "name" })
    )

    static let changeSchema = JSONSchema.object(members, optional: Set(members.map(\.key)))

    private static let members: [JSONValue.Member] =
        [
            .init(key: "name", value: JSONSchema.text("What people call it.", length: Touchpoint.nameLength)),
            .init(key: "notes", value: JSONSchema.text("For people.", length: Touchpoint.notesLength)),
            .init(
                key: "channel",
                value: JSONSchema.word(
                    Touchpoint.Channel.allCases.map(\.rawValue),
                    "Over what a note's message is sent."
                )
            ),
            .init(
                key: "at",
                value: JSONSchema.orNull(JSONSchema.text("A local time: 2026-12-01 09:00.", length: 16...19))
            ),
            .init(
                key: "time_zone",
                value: JSONSchema.text(
                    "The IANA name of the zone of `at`; the account's unless given.",
                    length: 1...100
                )
            ),
            .init(
                key: "minutes",
                value: JSONSchema.orNull(JSONSchema.whole("How long an event takes.", in: Touchpoint.minutesRange))
            ),
            .init(
                key: "state",
                value: JSONSchema.word(TouchpointJSON.statesByHand, "Where a task, event or note is put by hand.")
            ),
        ] + sections.map { .init(key: $0.rawValue, value: TouchpointJSON.section($0)) }
}

extension Request {
    /// A touchpoint in the body: JSON, or YAML where the request says so.
    ///
    /// - Throws: ``Problem``, `DecodingError` that name what is not accepted.
    func touchpoint(_ context: APIContext) async throws -> TouchpointBody {
        let text = try await text(context)
        let isYAML = headers[.contentType]?.lowercased().contains("yaml") ?? false
        // Its own reader takes more than JSON.
        if !isYAML { _ = try Self.decode(AnyObject.self, from: text) }
        let value: JSONValue
        do {
            value = try DocumentText.json(of: Array(text), named: "the body")
        } catch {
            throw Problem.badRequest("The body cannot be read: \(error.problems.first?.message ?? "it is no text").")
        }
        return try TouchpointBody(value, isYAML ? Data(value.compactBytes) : text)
    }
}

/// An object, whatever its members are.
private struct AnyObject: Decodable {
    private enum CodingKeys: CodingKey {}

    init(from decoder: any Decoder) throws { _ = try decoder.container(keyedBy: CodingKeys.self) }
}

/// What of a touchpoint is no section of a job.
private struct Scalars: Decodable {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case kind, name, notes, channel, at, minutes, state
        case timeZone = "time_zone"
        // Read on their own.
        case webhook, audience, schedule, delivery, notify
        case publicURL = "public_url"
    }

    let kind: Touchpoint.Kind?
    let edit: TouchpointEdit

    init(from decoder: any Decoder) throws {
        let members = try decoder.members(CodingKeys.self)
        kind = try members.word(.kind, of: Touchpoint.Kind.allCases, called: \.rawValue)
        var edit = TouchpointEdit()
        edit.name = try members.text(.name, length: Touchpoint.nameLength)
        edit.notes = try members.text(.notes, length: Touchpoint.notesLength)
        edit.channel = try members.word(.channel, of: Touchpoint.Channel.allCases, called: \.rawValue)
        edit.timeZone = try members.text(.timeZone, length: 1...100)
        edit.state = try members.word(.state, of: Touchpoint.State.allCases, called: \.rawValue)
        if members.contains(.at) {
            edit.at = .some(try members.decodeNil(forKey: .at) ? nil : members.text(.at, length: 1...40))
        }
        if members.contains(.minutes) {
            let minutes = try members.decodeNil(forKey: .minutes) ? nil : members.decode(Int.self, forKey: .minutes)
            if let minutes, !Touchpoint.minutesRange.contains(minutes) {
                let range = Touchpoint.minutesRange
                throw DecodingError.dataCorruptedError(
                    forKey: .minutes,
                    in: members,
                    debugDescription: "A whole number within \(range.lowerBound) and \(range.upperBound) is accepted."
                )
            }
            edit.minutes = .some(minutes)
        }
        self.edit = edit
    }
}
