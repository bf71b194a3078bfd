import FanfareDelivery

/// The SQL that finds the deliveries of a page, in the order of the frozen set.
///
/// A page of rare deliveries must not cost a look at every row: states that have a row and are not `delivered` are
/// found by the partial index, one state after another merged into one order.
struct DeliveryQuery {
    let filter: DeliveryFilter

    /// A recipient without a row is in flight once it has been claimed, and scheduled before: as
    /// `LedgerProgress.currentCounts` counts them.
    static let state = """
        coalesce(o.state, CASE WHEN r.ordinal <= (SELECT claimed FROM progress) \
        THEN \(DeliveryState.inFlight.rawValue) ELSE \(DeliveryState.scheduled.rawValue) END)
        """

    private static let delivered = DeliveryState.delivered.rawValue

    /// Selects the ordinals beyond `?1`, at most `?2`.
    var ordinals: String {
        if let contact = filter.contact { return recipients(["r.contact = \(contact)"]) }
        if filter.needsRow, filter.states.isEmpty { return outcomes([]) }
        if filter.states.isEmpty || mayLackRow { return recipients([]) }
        if filter.states.contains(.delivered) { return outcomes(["o.state IN (\(stateList))"]) }
        return merged
    }

    /// Selects the rows of the page.
    var rows: String {
        """
        WITH page (ordinal) AS (\(ordinals))
        SELECT r.ordinal, r.contact, c.email, \(Self.state) AS state, o.attempts, o.status, o.reason,
            o.finished_at, o.duration, a.location, a.reason AS last_reason
        FROM page CROSS JOIN recipient AS r ON r.ordinal = page.ordinal
        LEFT JOIN outcome AS o ON o.ordinal = r.ordinal
        LEFT JOIN \(AudienceAttachment.schema).contact AS c ON c.id = r.contact
        LEFT JOIN attempt AS a ON a.ordinal = o.ordinal
            AND a.number = (SELECT max(number) FROM attempt WHERE ordinal = o.ordinal)
        ORDER BY page.ordinal
        """
    }

    private var stateList: String { filter.states.map { String($0.rawValue) }.sorted().joined(separator: ", ") }

    private var mayLackRow: Bool {
        filter.states.contains(.scheduled) || filter.states.contains(.inFlight)
    }

    /// With those that have no row.
    private func recipients(_ conditions: [String]) -> String {
        let states = filter.states.isEmpty ? [] : ["\(Self.state) IN (\(stateList))"]
        let all = ["r.ordinal > ?1"] + conditions + states + filter.rowConditions
        return """
            SELECT r.ordinal FROM recipient AS r LEFT JOIN outcome AS o ON o.ordinal = r.ordinal
            WHERE \(all.joined(separator: " AND ")) ORDER BY r.ordinal LIMIT ?2
            """
    }

    private func outcomes(_ conditions: [String]) -> String {
        let all = ["o.ordinal > ?1"] + conditions + filter.rowConditions
        return """
            SELECT o.ordinal FROM outcome AS o
            WHERE \(all.joined(separator: " AND ")) ORDER BY o.ordinal LIMIT ?2
            """
    }

    private var merged: String {
        let parts = filter.states.map(\.rawValue).sorted().map { state in
            let conditions = ["o.state = \(state)", "o.state <> \(Self.delivered)", "o.ordinal > ?1"]
            let all = (conditions + filter.rowConditions).joined(separator: " AND ")
            return "SELECT o.ordinal AS ordinal FROM outcome AS o WHERE \(all)"
        }
        return parts.joined(separator: " UNION ALL ") + " ORDER BY ordinal LIMIT ?2"
    }
}
