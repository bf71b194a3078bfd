public import FanfareDelivery
import Foundation

/// When a job goes: a wall-clock time in a time zone.
public struct Schedule: Sendable, Hashable {
    /// A date and time as a clock on the wall shows it.
    public struct LocalTime: Sendable, Hashable {
        /// 1970 … 9999.
        public var year: Int
        /// 1 … 12.
        public var month: Int
        /// 1 … 31.
        public var day: Int
        /// 0 … 23.
        public var hour: Int
        /// 0 … 59.
        public var minute: Int
        /// 0 … 59.
        public var second: Int

        /// - Parameters: see the properties of the same names.
        public init(year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int = 0) {
            self.year = year
            self.month = month
            self.day = day
            self.hour = hour
            self.minute = minute
            self.second = second
        }
    }

    /// Nil: at once.
    public var at: LocalTime?
    /// The IANA name of a time zone, for example `Europe/Paris`; merge tags of dates use it too.
    public var timeZone: String
    /// By which it comes again, from ``at`` on, each time as a run of its own; nil: it goes once.
    public var recurrence: Recurrence?
    /// Whether each contact gets it at this time of its own zone, and what becomes of those for whom it is past when the
    /// job is begun; nil: all get it at once. Contacts whose zone is not known go by ``timeZone``.
    public var localTime: Past?
    /// How late a daemon that was down at the job's time may start it; later than that the start is missed.
    public var startWithin: Duration = .seconds(3600)
    /// When it may send once it has started; nil: always.
    public var window: SendWindow?
    /// In which parts it goes out; nil: all at once.
    public var batches: Batches?

    /// What becomes of a contact whose local time is past.
    public enum Past: String, Sendable, Hashable, CaseIterable {
        /// It gets nothing, and is listed.
        case skip
        /// It is sent to at once.
        case send
    }

    /// Parts of one size, as nearly as can be, at equal distances of time.
    public struct Batches: Sendable, Hashable {
        /// How many, from 2.
        public var count: Int
        /// Between the starts of two, in whole seconds.
        public var delay: Duration

        /// - Parameters: see the properties of the same names.
        public init(count: Int, delay: Duration) { (self.count, self.delay) = (count, delay) }

        /// From the start of the first to that of the last.
        public var length: Duration { delay * (count - 1) }

        /// The parts of a fan-out that starts at a moment.
        package func plan(from unixSeconds: Int64) -> WavePlan {
            .batches(count, start: unixSeconds, delay: delay.components.seconds)
        }
    }

    /// - Parameters:
    ///   - at: The wall-clock time; nil: at once.
    ///   - timeZone: The IANA name of a time zone.
    ///   - window: When it may send; nil: always.
    ///   - batches: In which parts it goes out; nil: all at once.
    public init(at: LocalTime? = nil, timeZone: String, window: SendWindow? = nil, batches: Batches? = nil) {
        self.at = at
        self.timeZone = timeZone
        self.window = window
        self.batches = batches
    }

    /// When the window opens next; nil: it is open at that moment, or there is none.
    ///
    /// - Parameter unixSeconds: The moment.
    public func opening(at unixSeconds: Int64) -> SendWindow.Opening? {
        guard let window, let zone = TimeZone(identifier: timeZone) else { return nil }
        let localTime = unixSeconds + zone.offset(at: unixSeconds)
        return window.isOpen(at: localTime) ? nil : window.opening(after: localTime)
    }

    /// The instant of a job's start.
    public struct Start: Sendable, Hashable {
        /// Seconds since 1970-01-01T00:00:00Z.
        public var unixSeconds: Int64
        /// What the clocks there will show, for example `2026-11-27 09:00 Europe/Paris (UTC+01:00)`.
        public var localText: String
        /// What a change of the clocks makes of the time written; nil: nothing.
        public var note: String?
    }

    /// When the job starts; nil: at once.
    ///
    /// A time that the clocks skip is moved forward by as much as they are; of one that comes twice the first counts.
    public var start: Start? {
        guard let localTime, let at = firstTime else { return start(in: timeZone) }
        guard var first = start(in: Self.firstZone) else { return nil }
        let past = localTime == .skip ? "" : ", or at once where that is past"
        first.localText = "\(at.text) in each contact's zone\(past), from \(first.localText) on"
        return first
    }

    /// When the last contacts are due; nil: at once.
    public var lastStart: Start? { start(in: localTime == nil ? timeZone : Self.lastZone) }

    /// Where a day begins first, and last.
    package static let (firstZone, lastZone) = ("Pacific/Kiritimati", "Etc/GMT+12")

    /// Whether a name is an IANA time zone's, and no abbreviation: `EST` has no summer time, and `IST` is three zones.
    package static func isZone(_ name: String) -> Bool { TimeZoneNames.isKnown(name) }

    /// The first time: ``at``, or what its rule makes of it; nil: at once, or there is none.
    package var firstTime: LocalTime? {
        guard let at, let recurrence else { return at }
        return recurrence.next(after: nil, from: at)
    }

    /// When clocks of a zone show the first time.
    ///
    /// - Parameter timeZone: Its IANA name.
    /// - Returns: Nil where there is no such zone, or the job goes at once.
    public func start(in timeZone: String) -> Start? {
        guard let at = firstTime, let zone = TimeZone(identifier: timeZone) else { return nil }
        let wall = at.secondsAsIfUTC
        let before = zone.offset(at: wall - 86_400)
        let after = zone.offset(at: wall + 86_400)
        let instants = [wall - before, wall - after].filter { zone.offset(at: $0) == wall - $0 }.sorted()
        let instant = instants.first ?? wall - before
        let offset = zone.offset(at: instant)
        var note: String?
        if instants.isEmpty {
            let moved = LocalTime(secondsAsIfUTC: instant + offset)
            note = "the clocks skip \(at.text) that day: moved forward to \(moved.text)"
        } else if let second = instants.last, second != instant {
            note = "\(at.text) comes twice that day: the first one counts"
        }
        return Start(unixSeconds: instant, localText: Self.localText(at: instant, in: timeZone), note: note)
    }

    /// What the clocks of a zone show at a moment, for example `2026-11-27 09:00 Europe/Paris (UTC+01:00)`.
    ///
    /// - Parameters:
    ///   - unixSeconds: The moment.
    ///   - timeZone: The zone's IANA name; where there is none such, UTC is meant.
    public static func localText(at unixSeconds: Int64, in timeZone: String) -> String {
        let zone = TimeZone(identifier: timeZone)
        let offset = zone?.offset(at: unixSeconds) ?? 0
        let local = LocalTime(secondsAsIfUTC: unixSeconds + offset)
        return "\(local.text) \(zone == nil ? "UTC" : timeZone) (\(offset.offsetText))"
    }
}

extension TimeZone {
    fileprivate func offset(at unixSeconds: Int64) -> Int64 {
        Int64(secondsFromGMT(for: Date(timeIntervalSince1970: TimeInterval(unixSeconds))))
    }
}

extension Int64 {
    /// Seconds east of Greenwich as `UTC+01:00`.
    fileprivate var offsetText: String {
        let minutes = abs(self) / 60
        return "UTC" + (self < 0 ? "-" : "+") + (minutes / 60).twoDigits + ":" + (minutes % 60).twoDigits
    }
}
