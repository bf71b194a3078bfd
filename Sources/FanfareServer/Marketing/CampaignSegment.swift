import Fanfare
import FanfareAudience
import FanfareDelivery
import FanfareJob
import FanfarePayload
import Foundation

/// Which part of its audience a campaign goes to, as the job in its ledger says.
enum CampaignSegment: Sendable, Hashable {
    /// By the names that the job gives.
    case tag(String)
    case saved(String)
    case conditions(SegmentDefinition)

    /// Reads it; blocks.
    ///
    /// - Returns: Nil: it goes to all, or the job is not there (any more) or cannot be read. That is said where the
    ///   fan-out is asked for itself; a list of all has the others all the same.
    init?(of record: FanOutRecord, in installation: Installation) {
        guard record.prunedAt == nil else { return nil }
        do {
            let job = try installation.sealer().open(installation.ledger(of: record).job(), for: "job")
            try self.init(job: Data(job.reveal()))
        } catch {
            return nil
        }
    }

    /// - Parameter job: What `JobFile.encoded` wrote, opened.
    init?(job: Data) throws {
        let object = try JSONSerialization.jsonObject(with: job) as? [String: Any]
        guard let audience = object?["audience"] as? [String: Any] else { return nil }
        if let tag = audience["tag"] as? String {
            self = .tag(tag)
        } else if let name = audience["segment"] as? String {
            self = .saved(name)
        } else {
            let body = try JSONSerialization.data(withJSONObject: audience)
            let definition = try SegmentInput.definition(in: body, member: "segment", limits: .own)
            guard let definition else { return nil }
            self = .conditions(definition)
        }
    }

    /// Its id is to be looked up in the audience.
    var isNamed: Bool {
        switch self {
        case .tag, .saved: true
        case .conditions: false
        }
    }

    /// Mailchimp's `segment_opts`.
    ///
    /// A saved segment may have been changed since, so nothing but its id is told of it.
    ///
    /// - Parameter segments: Those of the audience, as they are now.
    /// - Returns: Nil: there is none of that name (any more).
    func options(among segments: [ListedSegment]) -> JSONValue? {
        switch self {
        case .conditions(let definition): return SegmentText.value(of: definition)
        case .saved(let name):
            let segment = Self.first(named: name, among: segments.filter { $0.definition != nil })
            return segment.map { JSONValue.object(["saved_segment_id": .whole($0.id)]) }
        case .tag(let name):
            guard let tag = Self.first(named: name, among: segments.filter({ $0.definition == nil })) else {
                return nil
            }
            let condition = JSONValue.object([
                "condition_type": "StaticSegment", "field": "static_segment", "op": "static_is",
                "value": .whole(tag.id),
            ])
            return .object(["saved_segment_id": .whole(tag.id), "match": "any", "conditions": .array([condition])])
        }
    }

    /// Case does not count in names.
    private static func first(named name: String, among segments: [ListedSegment]) -> ListedSegment? {
        let wanted = name.lowercased()
        return segments.first { $0.name.lowercased() == wanted }
    }
}
