import FanfareAudience
import FanfareDelivery
import FanfareStore
import GRDB
import NIOConcurrencyHelpers

/// What audience webhooks are told of fan-outs: that they have ended.
///
/// The audience is told first, then the catalogue: a fan-out that has ended is one whose end stands in the change log,
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

    /// - Returns: Whether there is such an audience that may have webhooks: a job's own has no name, and none.
    private func write(_ id: String, _ body: (Database) throws -> Void) throws -> Bool {
        let path = directory.audiencePath(id)
        guard try audiences.all().contains(where: { $0.id == id && $0.name != nil }), Durability.fileExists(path) else {
            return false
        }
        do {
            try Audience(path: path, id: id, mode: .mustExist).database.write(body)
        } catch {
            throw AudienceError(error, path: path)
        }
        return true
    }
}
