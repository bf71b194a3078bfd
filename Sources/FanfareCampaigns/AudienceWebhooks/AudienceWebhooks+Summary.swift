public import FanfareDelivery

extension AudienceWebhooks {
    /// The ledger of one audience's events in short.
    public struct Summary: Sendable, Hashable {
        /// The audience's id.
        public let audience: String
        /// By webhook.
        public let events: [EventSummary]
        /// It cannot be written now.
        public let isStalled: Bool
    }

    /// How the events of audiences that are open stand; blocks.
    ///
    /// - Throws: `StoreError`.
    public func summaries() throws -> [Summary] {
        try audiences.all.sorted { $0.id < $1.id }.compactMap { open in
            do {
                return Summary(audience: open.id, events: try open.book.summary(), isStalled: open.book.stall != nil)
            } catch {
                // It was deleted since.
                if audiences.isGone(open.id) { return nil }
                throw error
            }
        }
    }
}
