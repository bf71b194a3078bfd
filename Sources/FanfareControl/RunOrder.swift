public import FanfareDelivery

/// A job that one process asks the daemon of a data directory to run, with all that it takes to run it as the process
/// that asks would.
///
/// It may hold secrets: it goes over the private socket, and is kept sealed.
public struct RunOrder: Sendable, Hashable, Codable, CustomStringConvertible {
    /// The job file's text.
    public var text: String
    /// The job file's path, as it was given.
    public var file: String
    /// Where relative paths start, from the root.
    public var folder: String
    /// The variables that the job refers to, as far as they are set where it is asked for.
    public var environment: [String: String]
    /// In place of a job file: a fan-out whose deliveries are sent again, with its job as its ledger has it.
    public var retry: RetryOrder?
    /// Whether the job's time is not waited for.
    public var startsNow = false
    /// Whether it is only planned: its variables are those of the daemon that runs it, and its time must be to come.
    public var isPlanned: Bool {
        get { planned ?? false }
        set { planned = newValue }
    }
    /// Not there in orders that an earlier version has kept.
    private var planned: Bool?
    /// A new run of a fan-out that has ended.
    public var again = false
    /// Goes on although job or contact file changed.
    public var acceptsChanges = false
    /// Where hosted pages are reached, as it was given; nil: where the job says.
    public var publicURL: String?
    /// Which of the times of a job that comes again it is; nil: it goes once.
    public var series: RunSeries?
    /// Rows of the contact file that may be rejected; nil: any number.
    public var maxRejects: Int?
    /// Whether the contact file may subscribe who has unsubscribed.
    public var resubscribes = false
    /// Networks that may be connected to beside public ones and those of the daemon, in CIDR notation.
    public var networks: [String] = []
    /// The proxy in place of the daemon's and the job's, as it was given; nil: theirs.
    public var proxy: String?
    /// Threads that drive requests.
    public var loops = 1
    /// Seconds in which the receiver's name must be found once.
    public var namePatience = 60

    /// - Parameters: see the properties of the same names.
    public init(text: String, file: String, folder: String, environment: [String: String]) {
        (self.text, self.file, self.folder, self.environment) = (text, file, folder, environment)
    }

    /// Deliveries that are sent again.
    ///
    /// - Parameters: see the properties of the same names.
    public init(retry: RetryOrder, environment: [String: String]) {
        self.init(text: "", file: "", folder: "", environment: environment)
        self.retry = retry
    }

    /// Names the file or the fan-out alone.
    public var description: String { retry.map { "the fan-out \($0.name)" } ?? "the job \(file)" }
}

/// One time of a job that comes again. Times are those of clocks on the wall, as `2026-11-27 09:00`.
public struct RunSeries: Sendable, Hashable, Codable {
    /// By which it comes again: an RRULE.
    public var rule: String
    /// The time with which the rule begins.
    public var begins: String
    /// This time.
    public var time: String

    /// - Parameters: see the properties of the same names.
    public init(rule: String, begins: String, time: String) {
        (self.rule, self.begins, self.time) = (rule, begins, time)
    }
}

/// Deliveries of a fan-out that are to be sent again, with the same ids.
public struct RetryOrder: Sendable, Hashable, Codable {
    /// The fan-out's name; its latest run is meant.
    public var name: String
    /// Which deliveries; nil: none, only what is open is gone on with.
    public var filter: DeliveryFilter?

    /// - Parameters: see the properties of the same names.
    public init(name: String, filter: DeliveryFilter?) { (self.name, self.filter) = (name, filter) }
}
