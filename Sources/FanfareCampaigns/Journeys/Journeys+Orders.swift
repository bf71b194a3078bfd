import FanfareAudience
import FanfareDelivery
public import FanfareJob
import FanfareStore
import GRDB

/// Orders that change journeys: one after the other.
extension Journeys {
    /// Makes a journey, as a draft.
    ///
    /// - Parameters:
    ///   - document: Its map.
    ///   - audience: The audience's id.
    ///   - whom: Who wants it.
    /// - Throws: ``JourneyError`` with `unfit` and every problem; `AudienceError`, `StoreError`.
    public func create(_ document: JourneyDocument, in audience: String, by whom: String) async throws -> Journey {
        try await turns.take {
            let open = try webhooks.open(audience)
            try review(document, open)
            let id = Hexadecimal.random(digits: 10)
            let number = try catalogue.add(id, in: audience)
            let now = configuration.now()
            let journey = try await open.commits.write { db in
                try open.journeys.book.add(id, number: number, document.map, now: now, db)
                try JourneyBook.note(.draft, of: number, by: whom, now: now, db)
                return try open.journeys.book.journey(number, db)
            }
            open.journeys.hasJourneys()
            return journey
        }
    }

    /// Gives a journey another map.
    ///
    /// - Parameters:
    ///   - id: The journey's id.
    ///   - document: The map.
    ///   - version: The version that it is to take the place of.
    ///   - whom: Who wants it.
    /// - Throws: ``JourneyError``: `versionConflict` with the version there is; `unfit`; `contactsInPlace` where contacts
    ///   stand at a point that the map has no more, or has as something else; `wrongState` for another start of one that
    ///   is active, or of one that has ended.
    public func replace(
        _ id: String,
        by document: JourneyDocument,
        version: Int64,
        by whom: String
    ) async throws -> Journey {
        try await turns.take {
            let (entry, open) = try place(of: id)
            try review(document, open)
            let now = configuration.now()
            let before = try journey(id)
            try requireNoRequests(ofPointsIn: before, but: document.map)
            if before.state == .active, !document.map.webhookPoints.isEmpty,
                let refusal = try configuration.planRefusal()
            {
                throw JourneyError(.notInPlan, refusal)
            }
            let after: Journey
            do {
                after = try await open.commits.write { db in
                    try Self.write(document.map, version, of: entry.number, by: whom, now: now, open.journeys.book, db)
                }
            } catch {
                open.journeys.book.forget(entry.number)
                throw error
            }
            if after.state == .active {
                await stopSending(before)
                try startSending(after, open)
            }
            open.journeys.wake()
            return after
        }
    }

    /// Lets contacts begin and go on.
    ///
    /// - Throws: ``JourneyError``: `wrongState` for one that has ended, `notInPlan`, `unfit` for what the audience has no
    ///   more.
    @discardableResult
    public func activate(_ id: String, by whom: String) async throws -> Journey {
        try await turns.take {
            let (entry, open) = try place(of: id)
            let known = try journey(id)
            if known.state == .active { return known }
            if known.state == .ended { throw Self.ended }
            if let fault = known.fault {
                throw JourneyError(.unfit, "its map cannot be read: \(fault)")
            }
            try requireDatesToCome(in: known)
            if !known.map.webhookPoints.isEmpty, let refusal = try configuration.planRefusal() {
                throw JourneyError(.notInPlan, refusal)
            }
            let now = configuration.now()
            let journey = try await open.commits.write { db in
                let journey = try open.journeys.book.journey(entry.number, db)
                try JourneyEditing.requireFit(
                    journey,
                    try JourneyTools(open.audience, now: now, db)
                )
                try JourneyBook.note(.active, of: entry.number, by: whom, now: now, db)
                try Self.placeWatches(for: journey, now: now, db)
                return try open.journeys.book.journey(entry.number, db)
            }
            try startSending(journey, open)
            open.journeys.hasJourneys()
            return journey
        }
    }

    /// Has contacts hold their places. What was written down and not sent waits as well.
    ///
    /// - Parameter reason: Why, where nobody wished it.
    /// - Throws: ``JourneyError`` with `wrongState` for one that is not active.
    @discardableResult
    public func pause(_ id: String, by whom: String, reason: String? = nil) async throws -> Journey {
        try await turns.take {
            let (entry, open) = try place(of: id)
            let known = try journey(id)
            if known.state == .paused { return known }
            guard known.state == .active else {
                throw JourneyError(.wrongState, "the journey is \(known.state.rawValue), and not active")
            }
            let now = configuration.now()
            let journey = try await open.commits.write { db in
                try open.journeys.book.pause(entry.number, by: whom, reason: reason, now: now, db)
            }
            // Noted first: what cannot be noted goes on as it did.
            await stopSending(known)
            return try journey ?? self.journey(id)
        }
    }

    /// Ends a journey for good: everybody leaves, and what was written down and not sent is given up.
    ///
    /// - Throws: ``JourneyError`` with `unknownJourney`.
    @discardableResult
    public func end(_ id: String, by whom: String) async throws -> Journey {
        try await turns.take {
            let (entry, open) = try place(of: id)
            let known = try journey(id)
            if known.state == .ended { return known }
            let now = configuration.now()
            let journey = try await open.commits.write { db in
                try JourneyWatches.remove(of: entry.number, db)
                try JourneyBook.letAllGo(from: entry.number, db)
                try JourneyBook.note(.ended, of: entry.number, by: whom, now: now, db)
                return try open.journeys.book.journey(entry.number, db)
            }
            await stopSending(known)
            await open.book.flush()
            for endpoint in known.endpoints {
                try await open.book.cancel(endpoint: endpoint, .endpointDisabled, unixTime: now)
            }
            return journey
        }
    }

    /// Forgets a journey that is a draft or has ended.
    ///
    /// - Throws: ``JourneyError``: `wrongState` for one that is under way.
    public func delete(_ id: String) async throws {
        try await turns.take {
            let (entry, open) = try place(of: id)
            let known = try journey(id)
            guard known.state == .draft || known.state == .ended else {
                throw JourneyError(.wrongState, "the journey is \(known.state.rawValue): end it first")
            }
            try await open.commits.write { try open.journeys.book.remove(entry.number, $0) }
            try catalogue.remove(id)
        }
    }

    // MARK: Inside

    /// Refuses to begin a journey on a day that is past: nobody would. One that was paused has had its day.
    private func requireDatesToCome(in journey: Journey) throws {
        guard journey.state == .draft else { return }
        let times = JourneyTimes(zone: journey.map.timeZone)
        for start in journey.map.start {
            guard case .specificDate(let time) = start.trigger, times.instant(time) <= configuration.now() else {
                continue
            }
            throw JourneyError(.unfit, "the date of the starting point \(start.id) is past: nobody would begin there")
        }
    }

    private static func write(
        _ map: JourneyMap,
        _ version: Int64,
        of number: Int64,
        by whom: String,
        now: Int64,
        _ book: JourneyBook,
        _ db: Database
    ) throws -> Journey {
        let before = try book.journey(number, db)
        guard before.version == version else {
            throw JourneyError(
                .versionConflict,
                "the journey has the version \(before.version) by now, and not \(version): read it, and change that",
                version: before.version
            )
        }
        try JourneyEditing.require(map, inPlaceOf: before, db)
        let next = try book.replace(number, by: map, now: now, db)
        let after = try book.journey(number, db)
        let (state, remark) = (before.state, "version \(next)")
        try JourneyBook.note(state, of: number, by: whom, reason: before.reason, remark: remark, now: now, db)
        try JourneyBook.reconsiderFailures(in: number, db)
        if state == .active || state == .paused {
            try JourneyDays.forget(whatChangedFrom: before, to: after, db)
            try placeWatches(for: after, now: now, db)
        }
        return after
    }

    /// Refuses a map without a point whose requests have not ended: nobody would send them.
    private func requireNoRequests(ofPointsIn journey: Journey, but map: JourneyMap) throws {
        let kept = Set(map.webhookPoints.map(\.id))
        let requests = try requests(of: journey)
        for point in journey.map.webhookPoints where !kept.contains(point.id) {
            guard let counts = requests[point.id]?.counts else { continue }
            let open = counts.total - counts.final
            if open == 0 { continue }
            throw JourneyError(
                .contactsInPlace,
                "\(open) requests of the point \(point.id) have not ended: keep it until they have"
            )
        }
    }

    static var ended: JourneyError { JourneyError(.wrongState, "the journey has ended, and does not go on") }

    private func review(_ document: JourneyDocument, _ open: OpenAudience) throws {
        let problems = try JourneyReview(document, open.reading, now: configuration.now()).problems()
        if problems.isEmpty { return }
        let error = document.error(problems)
        throw JourneyError(.unfit, error.description, problems: problems)
    }

    private static func placeWatches(for journey: Journey, now: Int64, _ db: Database) throws {
        do {
            try JourneyWatches.place(for: journey, db)
        } catch let fault as JourneyFault {
            throw JourneyError(.unfit, fault.reason)
        }
        try JourneyDays.begin(for: journey, now: now, db)
    }

    /// Sends what its points have written down.
    func startSending(_ journey: Journey, _ open: OpenAudience) throws {
        for endpoint in try webhooks.endpoints(of: journey, open.epochs) {
            webhooks.deliverer.add(endpoint, of: open.book)
        }
    }

    /// Sends nothing more of it; what is in flight is waited for.
    func stopSending(_ journey: Journey) async {
        for endpoint in journey.endpoints { await webhooks.deliverer.remove(endpoint: endpoint) }
    }
}

extension Journey {
    /// Whether a point sends a webhook.
    public func sendsWebhook(at point: String) -> Bool { webhookPoints.contains { $0.id == point } }

    /// The endpoints that its points are, or were in earlier versions, or would be if they sent webhooks.
    var endpoints: [String] { numbers.keys.map { endpoint(of: $0) } }

    /// The points that send webhooks.
    var webhookPoints: [(id: String, webhook: JourneyWebhook)] { map.webhookPoints }
}

extension JourneyMap {
    /// The points that send webhooks.
    var webhookPoints: [(id: String, webhook: JourneyWebhook)] {
        points.compactMap { point in
            if case .webhook(let webhook, _) = point.step { return (point.id, webhook) }
            return nil
        }
    }
}
