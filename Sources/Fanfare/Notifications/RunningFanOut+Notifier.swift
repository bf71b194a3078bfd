public import FanfareDelivery

extension RunningFanOut {
    /// Waits until it is over, and tells on the way how it fares.
    ///
    /// - Parameters:
    ///   - notifier: Who tells; nil: nobody wants to know.
    ///   - settle: Writes down how it ended, before anybody is told.
    /// - Returns: How it ended, when those who are to be told have been, or are not waited for any longer.
    /// - Throws: What `settle` throws; that is told too.
    public func end(
        telling notifier: Notifier?,
        settle: (FanOutEnd) async throws -> Void
    ) async throws -> FanOutEnd {
        let lookout = Task { await notifier?.watch(self) }
        var end = await end()
        lookout.cancel()
        await lookout.value
        do {
            try await settle(end)
        } catch {
            end.cause = .failed(error)
            await notifier?.finish(with: end, name: name)
            throw error
        }
        await notifier?.finish(with: end, name: name)
        return end
    }
}

extension Notifier {
    fileprivate func finish(with end: FanOutEnd, name: String) async {
        tell(end, name: name)
        await finish()
    }
}
