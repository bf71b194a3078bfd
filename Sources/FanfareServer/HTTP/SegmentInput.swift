import FanfareAudience
import FanfareJob
import Foundation

/// Conditions in a body, which have a reader of their own.
enum SegmentInput {
    /// The conditions that a member of the body holds; nil where it is not there or null.
    ///
    /// - Parameters:
    ///   - body: JSON, an object.
    ///   - member: The member's name.
    ///   - limits: How large a segment may be.
    /// - Throws: ``Problem`` that says what is not accepted.
    static func definition(
        in body: Data,
        member: String,
        limits: SegmentLimits
    ) throws -> SegmentDefinition? {
        let object: Any
        // Its own reader is told other errors than the decoder's.
        do { object = try JSONSerialization.jsonObject(with: body) } catch { throw Problem.notJSON }
        guard let value = (object as? [String: Any])?[member], !(value is NSNull) else { return nil }
        guard let value = value as? [String: Any] else { throw Problem.unfit(member, "An object is expected.") }
        let text = String(decoding: try JSONSerialization.data(withJSONObject: value), as: UTF8.self)
        return try definition(in: text, member, limits)
    }

    private static func definition(
        in text: String,
        _ member: String,
        _ limits: SegmentLimits
    ) throws -> SegmentDefinition {
        let part: RecipientSelection.Part
        do {
            part = try SegmentText.parse(text, from: member, limits: limits)
        } catch {
            let problem = error.problems.first
            let accepted = problem?.accepted.map { "; accepted: \($0)" } ?? ""
            throw Problem.invalid(
                "segment conditions failed validation",
                member,
                (problem?.message ?? "no conditions") + accepted
            )
        }
        guard case .segment(let definition) = part else {
            throw Problem.invalid("segment conditions failed validation", member, "Conditions are expected.")
        }
        return definition
    }
}
