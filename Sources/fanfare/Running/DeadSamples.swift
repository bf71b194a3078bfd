import Fanfare

extension Installation {
    /// What the receiver said to some of the dead. The summary of a run is worth more than its examples: it comes
    /// without them where they cannot be read.
    func samples(of record: FanOutRecord, _ end: FanOutEnd, _ console: RunConsole) -> [DeadSample] {
        guard end.progress.counts[.dead] > 0 else { return [] }
        do {
            return try listing(of: record).deadSamples(3)
        } catch {
            console.warn("no examples of the dead can be shown: \(error)")
            return []
        }
    }
}
