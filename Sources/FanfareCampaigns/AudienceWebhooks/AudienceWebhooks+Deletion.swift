import FanfareAudience
import FanfareDelivery
import FanfareJob
import FanfareStore

extension AudienceWebhooks {
    /// Deletes an audience for good: its contacts, its webhooks, and what these were told.
    ///
    /// The catalogue says so first, of the audience and its webhooks at once. What is in flight to these is waited for,
    /// whoever writes or reads is let finish, and then the files go; whoever owns the data directory next removes what a
    /// death in between has left. The id is never used again.
    ///
    /// - Throws: `AudienceError`: `unknownAudience`; `audienceInUse` while a fan-out to it has not ended or one of
    ///   its journeys is active. `StoreError` when a file cannot be removed: the audience is gone, and the next start tries again.
    public func deleteAudience(_ id: String) async throws {
        try await turns.take {
            if let journey = try audiences.known(id)?.knownJourneys().first(where: { $0.state == .active }) {
                throw AudienceError(
                    .audienceInUse,
                    "the journey \(journey.map.name) of the audience is active: pause or end it first"
                )
            }
            let webhooks = try catalogue.all(of: id)
            try catalogue.deleteAudience(id)
            let open = audiences.remove(id)
            for webhook in webhooks { await deliverer.remove(endpoint: webhook.id) }
            if let open {
                await deliverer.close(open.book)
                try await open.letGo()
            }
            try await removeFiles(of: id)
        }
    }

    private func removeFiles(of id: String) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            BlockingWork.run { [directory] in
                continuation.resume(with: Result { try directory.deleteAudience(id) })
            }
        }
    }
}
