public import FanfareAudience
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
}
