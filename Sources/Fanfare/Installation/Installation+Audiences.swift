public import FanfareAudience
public import FanfareDelivery
public import FanfarePayload
import FanfareStore
import GRDB

extension Installation {
    /// Makes an audience that has no contacts yet. Blocks.
    ///
    /// It is seen when it is whole; what a death in between has left is removed by the next owner.
    ///
    /// - Parameters:
    ///   - name: Unique without regard to case.
    ///   - details: What the team says of it.
    ///   - fields: Its merge fields, in their order.
    /// - Throws: `AudienceError` with `invalidValue` when the name is taken or none.
    public func makeAudience(
        named name: String,
        details: AudienceDetails,
        fields: [MergeField]
    ) throws -> AudienceCatalogue.Entry {
        let entry = try audiences.begin(name: name, details: details)
        do {
            let path = directory.audiencePath(entry.id)
            let audience = try Audience(path: path, id: entry.id, mode: .createNew)
            try audience.begin(with: fields)
            try audience.database.close()
            try audiences.complete(entry.id)
            return entry
        } catch let failure {
            do {
                try directory.deleteAudience(entry.id)
                try audiences.remove(id: entry.id)
            } catch {
                // The next owner does it; until then the name is taken.
            }
            throw failure
        }
    }

    /// An audience to be read by its owner, who brings one that an earlier version has left up to date first. Blocks.
    ///
    /// - Throws: `AudienceError` with `storage`.
    package func audienceToRead(_ id: String) throws -> Audience {
        let path = directory.audiencePath(id)
        do {
            return try Audience(path: path, id: id, mode: .readOnly)
        } catch let error where (error.cause as? StoreError)?.code == .incompatible {
            // One that a later version has made is refused again.
            _ = try Audience(path: path, id: id, mode: .mustExist)
            return try Audience(path: path, id: id, mode: .readOnly)
        }
    }

    /// Checks that it is still known whom a fan-out went to.
    ///
    /// - Throws: `AudienceError` with `unknownAudience` when its audience was deleted.
    public func requireAudience(of record: FanOutRecord) throws {
        guard try audiences.remains().contains(record.audience) else { return }
        let name = try audiences.name(of: record.audience).map { " \($0)" } ?? ""
        throw AudienceError(
            .unknownAudience,
            "the audience\(name) was deleted, and with it whom \(record.name) went to; its figures stay: "
                + "fanfare report \(record.name)"
        )
    }
}
