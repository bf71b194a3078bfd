/// Chooses the answers of a listening session.
struct Answering {
    private let settings: ListenSettings
    private var random: SplitMix

    /// - Parameters:
    ///   - settings: What to answer.
    ///   - seed: Which of the requests fail.
    init(_ settings: ListenSettings, seed: UInt64) {
        self.settings = settings
        random = SplitMix(state: seed)
    }

    /// - Parameter check: What was found about the request's signature; nil: not looked at.
    /// - Returns: The status of its answer.
    mutating func status(after check: SignatureCheck?) -> Int {
        if case .bad = check { return 401 }
        guard settings.failureShare > 0 else { return settings.status }
        return Double.random(in: 0..<1, using: &random) < settings.failureShare
            ? settings.failureStatus : settings.status
    }
}

/// A quick generator whose values are good enough to choose by (SplitMix64, Steele, Lea and Flood 2014).
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
