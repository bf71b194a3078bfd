extension ContactStatus {
    /// How the status is stored: a number that never changes its meaning.
    ///
    /// `subscribed` takes no byte in SQLite's rows.
    package var storedCode: Int64 {
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
        switch storedCode {
        case 0: self = .nonsubscribed
        case 1: self = .subscribed
        case 2: self = .unsubscribed
        case 3: self = .cleaned
        case 4: self = .pending
        case 5: self = .transactional
        case 6: self = .archived
        default: return nil
        }
    }

    /// Whether an import may not lead away from this status without being told to.
    var isRefusal: Bool { self == .unsubscribed || self == .cleaned }
}
