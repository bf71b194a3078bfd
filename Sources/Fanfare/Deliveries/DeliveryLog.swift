import FanfareAudience
import FanfareCampaigns
public import FanfareDelivery
public import FanfareReport
import FanfareStore

/// The deliveries of all ledgers of an installation: what became of each, whatever triggered it.
///
/// They are read ledger by ledger: first those of audience webhooks and journeys, in each the newest first, then those of fan-outs, the
/// newest first and in each in the order of the frozen set. Any thread, beside whoever writes; its calls block.
public struct DeliveryLog: Sendable {
    /// Which deliveries are asked for.
    public struct Query: Sendable, Hashable {
        /// Those of one trigger; nil: of any.
        public var trigger: DeliveryTrigger?
        /// Those of a fan-out, to an audience webhook or of a journey's point, by its id; nil: any.
        public var endpoint: String?
        /// Those to the contact with this address; nil: to anybody.
        public var email: String?
        /// Which of them; the contact of it is not looked at.
        public var filter = DeliveryFilter()

        /// All.
        public init() {}
    }

    /// A piece of the log.
    public struct Page: Sendable {
        /// In the log's order.
        public let deliveries: [LoggedDelivery]
        /// Where the next piece starts; nil: this was the last.
        public let next: Start?
    }

    /// From where on the log is read.
    public enum Start: Sendable, Hashable, CustomStringConvertible {
        /// Behind a delivery.
        case after(DeliveryPlace)
        /// At the beginning of a ledger.
        case ledger(Source)

        /// Its text.
        public var description: String {
            switch self {
            case .after(let place): "after-\(place)"
            case .ledger(.events(let id)): "events-\(id)"
            case .ledger(.fanOut(let id)): "fanout-\(id)"
            }
        }

        /// The start that a text names; nil: it is none's.
        public init?(_ text: String) {
            if text.hasPrefix("after-"), let place = DeliveryPlace(String(text.dropFirst(6))) {
                self = .after(place)
            } else if text.hasPrefix("events-") {
                self = .ledger(.events(String(text.dropFirst(7))))
            } else if text.hasPrefix("fanout-") {
                self = .ledger(.fanOut(String(text.dropFirst(7))))
            } else {
                return nil
            }
        }

        fileprivate var source: Source {
            switch self {
            case .after(.event(let audience, _)): .events(audience)
            case .after(.fanOut(let id, _)): .fanOut(id)
            case .ledger(let source): source
            }
        }
    }

    /// The ledger that was to be gone on with is not there, or not any more.
    public struct UnknownStart: Error, Sendable, Hashable, CustomStringConvertible {
        /// One sentence for a person.
        public var description: String { "what was to be gone on with is not there any more; begin anew" }
    }

    /// A ledger.
    public enum Source: Sendable, Hashable {
        /// Of the webhooks of the audience with that id.
        case events(String)
        /// Of the fan-out with that id.
        case fanOut(String)
    }

    /// How long ledgers are looked through for one page.
    private static let patience: Duration = .seconds(2)

    private let installation: Installation

    /// - Parameter installation: Its owner's or a reader's.
    public init(_ installation: Installation) { self.installation = installation }

    // MARK: Lists

    /// A piece of the log. It may have fewer deliveries than are asked for, none even, and not be the last: ledgers that
    /// have none of those that are meant are looked through for two seconds at most.
    ///
    /// - Parameters:
    ///   - query: Which deliveries.
    ///   - start: From where on; nil: from the beginning.
    ///   - limit: At most so many.
    /// - Throws: ``UnknownStart``, `AudienceError`, `StoreError`, `DeliveryError`.
    public func page(_ query: Query, from start: Start? = nil, limit: Int) throws -> Page {
        let records = try installation.fanOutRecords(named: nil)
        var sources = try sources(query, records)[...]
        if let start {
            guard let index = sources.firstIndex(of: start.source) else {
                throw UnknownStart()
            }
            sources = sources[index...]
        }
        let end = ContinuousClock.now + Self.patience
        var place: DeliveryPlace?
        if case .after(let known)? = start { place = known }
        var found: [LoggedDelivery] = []
        var isFirst = true
        while let source = sources.first {
            if !isFirst, ContinuousClock.now > end { return Page(deliveries: found, next: .ledger(source)) }
            isFirst = false
            do {
                found += try read(source, query, after: place, limit: limit - found.count, records)
            } catch {
                // It was deleted or pruned since they were listed.
                if try self.sources(query, installation.fanOutRecords(named: nil)).contains(source) { throw error }
            }
            if found.count == limit, let last = found.last { return Page(deliveries: found, next: .after(last.place)) }
            place = nil
            sources.removeFirst()
        }
        return Page(deliveries: found, next: nil)
    }

    /// The ledgers in which such deliveries may stand, in the log's order.
    private func sources(_ query: Query, _ records: [FanOutRecord]) throws -> [Source] {
        var sources: [Source] = []
        if query.trigger != .campaign {
            let audiences = try installation.audiences.all().map(\.id).sorted()
            sources += audiences.filter { installation.events(of: $0).exists }.map { .events($0) }
        }
        if query.trigger == nil || query.trigger == .campaign {
            let gone = Set(try installation.audiences.remains())
            sources += records.filter { isListed($0, query) && !gone.contains($0.audience) }.map { .fanOut($0.id) }
        }
        return sources
    }

    private func isListed(_ record: FanOutRecord, _ query: Query) -> Bool {
        guard record.state.isFrozen, record.prunedAt == nil, !installation.endedUnchosen(record) else { return false }
        return query.endpoint.map { $0 == record.id } ?? true
    }

    private func read(
        _ source: Source,
        _ query: Query,
        after place: DeliveryPlace?,
        limit: Int,
        _ records: [FanOutRecord]
    ) throws -> [LoggedDelivery] {
        switch source {
        case .events(let audience):
            guard let filter = try filter(query, in: audience) else { return [] }
            var number: Int64?
            if case .event(_, let known)? = place { number = known }
            var meant = EventQuery(endpoint: query.endpoint, filter)
            meant.kind = query.trigger?.eventKind
            return try installation.events(of: audience).page(meant, before: number, limit: limit).map {
                LoggedDelivery($0, of: audience)
            }
        case .fanOut(let id):
            guard let record = records.first(where: { $0.id == id }),
                let filter = try filter(query, in: record.audience)
            else { return [] }
            var ordinal: Int64 = 0
            if case .fanOut(_, let known)? = place { ordinal = known }
            var found: [LoggedDelivery] = []
            try installation.listing(of: record).forEachPage(filter, after: ordinal, limit: limit) { rows in
                found += rows.map { LoggedDelivery($0, of: record) }
            }
            return found
        }
    }

    /// The query's filter in a ledger of an audience; nil: the audience has no such contact.
    private func filter(_ query: Query, in audience: String) throws -> DeliveryFilter? {
        var filter = query.filter
        guard let email = query.email else { return filter }
        guard let key = try installation.contactKey(of: email, in: audience) else { return nil }
        filter.contact = key
        return filter
    }

    // MARK: One

    /// One delivery; nil: it is not there, or not any more.
    ///
    /// - Throws: `StoreError`, `DeliveryError`.
    public func delivery(_ place: DeliveryPlace) throws -> LoggedDelivery? {
        switch place {
        case .event(let audience, let number):
            guard let listing = try events(of: audience) else { return nil }
            return try listing.event(number).map { LoggedDelivery($0, of: audience) }
        case .fanOut(let id, let ordinal):
            guard let (record, listing) = try fanOut(id) else { return nil }
            var found: LoggedDelivery?
            try listing.forEachPage(DeliveryFilter(), after: ordinal - 1, limit: 1) { rows in
                found = rows.first.flatMap { $0.ordinal == ordinal ? LoggedDelivery($0, of: record) : nil }
            }
            return found
        }
    }

    /// The attempts of one delivery that its ledger keeps, oldest first: those that failed, and the one that was accepted.
    ///
    /// - Throws: `StoreError`, `DeliveryError`.
    public func attempts(of place: DeliveryPlace) throws -> [AttemptRow] {
        switch place {
        case .event(let audience, let number): try events(of: audience)?.attempts(of: number) ?? []
        case .fanOut(let id, let ordinal): try fanOut(id)?.listing.attempts(of: ordinal) ?? []
        }
    }

    private func events(of audience: String) throws -> EventListing? {
        guard try installation.audiences.all().contains(where: { $0.id == audience }) else { return nil }
        let listing = installation.events(of: audience)
        return listing.exists ? listing : nil
    }

    /// A fan-out whose deliveries are listed.
    private func fanOut(_ id: String) throws -> (record: FanOutRecord, listing: DeliveryListing)? {
        guard let record = try installation.fanOutRecords(named: nil).first(where: { $0.id == id }),
            isListed(record, Query()), try !installation.audiences.remains().contains(record.audience)
        else { return nil }
        return (record, try installation.listing(of: record))
    }
}

extension DeliveryTrigger {
    /// What is asked of events that it made; nil: nothing.
    fileprivate var eventKind: EventQuery.Kind? {
        switch self {
        case .campaign: nil
        case .audienceWebhook: .allBut(ChangeKind.journeyPoint.rawValue)
        case .journey: .only(ChangeKind.journeyPoint.rawValue)
        }
    }
}
