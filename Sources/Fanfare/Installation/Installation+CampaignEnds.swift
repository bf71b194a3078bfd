import FanfareAudience
import FanfareDelivery
import FanfareStore
import GRDB
import NIOConcurrencyHelpers

/// What audiences are told of fan-outs: that they go out, and for their webhooks that they have ended.
///
/// The audience is told first, then the catalogue. A fan-out that has ended is one whose end stands in the change log,
/// and whoever ends it again, after a death in between or because some of it was sent once more, notes nothing a second
/// time, unless it has ended otherwise now.
extension Installation {
    /// Has a daemon told of audiences in whose change logs an end was noted.
    ///
    /// - Parameter body: Given the audience's id, on the thread that ended the fan-out.
    func onCampaignEnd(_ body: @escaping @Sendable (String) -> Void) {
        links.withLockedValue { $0.onCampaignEnd = body }
    }

    /// Notes the end of a fan-out in the change log of its audience.
    ///
    /// - Parameter record: As the catalogue is about to have it.
    /// - Throws: `AudienceError`, `StoreError`.
    func noteEnd(of record: FanOutRecord) throws {
        let end = CampaignEnd(
            fanOut: record.id,
            name: record.name,
            // Of one that was cancelled, some may have been sent since, and the rest not.
            reason: record.stopReason ?? ((record.counts?[.cancelled] ?? 0) > 0 ? "some of it stays cancelled" : nil),
            time: record.endedAt ?? currentUnixTime()
        )
        guard try write(record.audience, { try Audience.note(end, $0) }) else { return }
        let listener = links.withLockedValue { $0.onCampaignEnd }
        listener?(record.audience)
    }

    /// Notes in its audience's file that a fan-out goes out: what the list says of who came and went since counts from
    /// here.
    ///
    /// Called after the freeze, before the catalogue's word for it, and again by whoever takes up a fan-out that died in
    /// between. Repeated, it counts from a later moment: who came between the two is taken for one that was sent to,
    /// which harms nothing but that number.
    ///
    /// - Parameter record: As the catalogue is about to have it.
    /// - Throws: `AudienceError`.
    func noteStart(of record: FanOutRecord) throws {
        let id = record.audience
        guard let path = try pathOfNamed(id) else { return }
        do {
            let audience = try sharedWriter(of: id) ?? Audience(path: path, id: id, mode: .mustExist)
            try audience.database.write { try Audience.noteSend($0) }
        } catch {
            throw AudienceError(error, path: path)
        }
    }

    /// The file of an audience that is a list, and may have webhooks: a job's own has no name.
    ///
    /// - Returns: Nil when there is no such audience.
    private func pathOfNamed(_ id: String) throws -> String? {
        let path = directory.audiencePath(id)
        let isNamed = try audiences.all().contains { $0.id == id && $0.name != nil }
        return isNamed && Durability.fileExists(path) ? path : nil
    }

    /// - Returns: Whether there is such an audience.
    private func write(_ id: String, _ body: (Database) throws -> Void) throws -> Bool {
        guard let path = try pathOfNamed(id) else { return false }
        do {
            try Audience(path: path, id: id, mode: .mustExist).database.write(body)
        } catch {
            throw AudienceError(error, path: path)
        }
        return true
    }
}
