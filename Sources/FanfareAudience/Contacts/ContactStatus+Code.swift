extension ContactStatus {
    /// How the status is stored: a number that never changes its meaning.
    ///
    /// `subscribed` takes no byte in SQLite's rows.
    var storedCode: Int64 {
        switch self {
        case .nonsubscribed: 0
        case .subscribed: 1
        case .unsubscribed: 2
        case .cleaned: 3
        case .pending: 4
        case .transactional: 5
        case .archived: 6
        }
    }

    /// The status that is stored as this number.
    public init?(storedCode: Int64) {
        guard let status = ContactStatus.allCases.first(where: { $0.storedCode == storedCode }) else { return nil }
        self = status
    }

    /// Whether an import may not lead away from this status without being told to.
    var isRefusal: Bool { self == .unsubscribed || self == .cleaned }
}
