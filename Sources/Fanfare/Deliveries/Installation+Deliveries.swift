import FanfareAudience
public import FanfareDelivery
public import FanfareReport

extension Installation {
    /// The deliveries of a fan-out whose set is frozen.
    ///
    /// - Throws: ``JobRunError`` for one that ended before it was chosen who receives, `AudienceError` for one whose
    ///   audience was deleted.
    public func listing(of record: FanOutRecord) throws -> DeliveryListing {
        if endedUnchosen(record) { throw JobRunError.endedUnchosen(record) }
        try requireAudience(of: record)
        return DeliveryListing(
            ledger: ledger(of: record),
            audienceFile: directory.audiencePath(record.audience),
            ids: deliveryIDs(of: record)
        )
    }

    /// What an audience's webhooks were sent.
    ///
    /// - Parameter audience: The audience's id.
    public func events(of audience: String) -> EventListing {
        EventListing(
            path: directory.eventsPath(audience),
            audienceFile: directory.audiencePath(audience),
            installation: id
        )
    }

    /// The key of an address in an audience; nil: it has no such contact. Blocks.
    ///
    /// - Parameters:
    ///   - email: The address, in any case.
    ///   - audience: The audience's id.
    /// - Throws: `AudienceError`.
    public func contactKey(of email: String, in audience: String) throws -> Int64? {
        try Audience(path: directory.audiencePath(audience), id: audience, mode: .readOnly).contact(email: email)?.id
    }

    /// The key of an address in a fan-out's audience. Blocks.
    ///
    /// - Throws: `AudienceError` when there is none.
    public func contactKey(of email: String, in record: FanOutRecord) throws -> Int64 {
        try requireAudience(of: record)
        guard let key = try contactKey(of: email, in: record.audience) else {
            throw AudienceError(.unknownAudience, "the contacts of \(record.name) have no address \(email)")
        }
        return key
    }
}
