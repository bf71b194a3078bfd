extension Lane {
    /// The lane of a fan-out that may have begun in an earlier process.
    init(
        resuming progress: LedgerProgress,
        _ settings: DeliverySettings,
        startsCanaryAfresh: Bool,
        now: UInt64
    ) {
        let counts = progress.counts
        self.init(
            settings,
            storedTime: UInt64(progress.laneSeconds) * 1_000_000_000,
            firstAnswers: FirstAnswers(cleared: counts[.delivered] > 0 || counts[.retryable] > 0),
            canary: settings.canary.map { settings in
                startsCanaryAfresh ? Canary(settings, of: counts) : Canary(settings, resuming: counts)
            },
            now: now
        )
    }
}

extension Canary {
    /// Goes on with the contacts that earlier processes began.
    fileprivate init(_ settings: DeliverySettings.Canary, resuming counts: StateCounts) {
        var settings = settings
        settings.contacts = min(settings.contacts, Int(counts.total))
        let delivered = Int(counts[.delivered])
        let failed = Int(counts[.dead] + counts[.uncertain])
        let begun = delivered + failed + Int(counts[.retryable] + counts[.available] + counts[.inFlight])
        self.init(settings, begun: begun, delivered: delivered, failed: failed)
    }

    /// Looks at what is open alone: contacts that died before say nothing of a mended receiver. Those that were
    /// reopened are due at once, so they are its first.
    fileprivate init(_ settings: DeliverySettings.Canary, of counts: StateCounts) {
        var settings = settings
        settings.contacts = min(settings.contacts, Int(counts.total - counts.final))
        self.init(settings, begun: Int(counts[.available]))
    }
}
