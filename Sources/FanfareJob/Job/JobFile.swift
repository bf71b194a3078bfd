public import FanfareAudience
public import FanfareDelivery
public import FanfarePayload

/// A job, as a job file says it: one webhook, whom it goes to, when, and how fast.
public struct JobFile: Sendable, Hashable {
    /// The identity of its fan-out: unique, stable, 1 … 100 characters.
    public var name: String
    /// Whom it goes to.
    public var audience: JobAudience
    /// Where it goes and what it carries.
    public var webhook: WebhookDefinition
    /// When it goes.
    public var schedule: Schedule
    /// How fast it goes, how it is repeated and given up.
    public var delivery: DeliverySettings
    /// Who is told how it fares; nil: nobody.
    public var notify: JobNotify?
    /// Where the hosted pages of `fanfare serve` are reached, for links to them; nil: the job has no such links.
    public var publicURL: PublicURL?

    /// - Parameters: see the properties of the same names.
    public init(
        name: String,
        audience: JobAudience,
        webhook: WebhookDefinition,
        schedule: Schedule,
        delivery: DeliverySettings = DeliverySettings(),
        notify: JobNotify? = nil,
        publicURL: PublicURL? = nil
    ) {
        self.name = name
        self.audience = audience
        self.webhook = webhook
        self.schedule = schedule
        self.delivery = delivery
        self.notify = notify
        self.publicURL = publicURL
    }

    /// Whom of the recipients nothing is sent to; nil: nobody is left out.
    public var holdout: StableShare? {
        audience.holdout.map { StableShare($0.share, name: $0.name ?? name) }
    }
}

/// The `audience` of a job: where its contacts come from, and which of them receive.
public struct JobAudience: Sendable, Hashable {
    /// A file of contacts to import.
    public struct Import: Sendable, Hashable {
        /// The path as written.
        public var path: String
        /// The path to open: a relative one is resolved against the job file's folder.
        public var resolvedPath: String
        /// What the file's columns become, in the order written; columns that are not named follow the defaults.
        public var columns: [Column]

        /// - Parameters: see the properties of the same names.
        public init(path: String, resolvedPath: String, columns: [Column] = []) {
            self.path = path
            self.resolvedPath = resolvedPath
            self.columns = columns
        }
    }

    /// What one column of a contact file is.
    public struct Column: Sendable, Hashable {
        /// What its cells are.
        public enum Role: String, Sendable, Hashable, CaseIterable {
            /// Values of a merge field.
            case field
            /// Names of groups, comma-separated; the header is their category.
            case group
            /// Nothing that is read.
            case ignored
        }

        /// How the dates of a column are written.
        public enum DateFormat: String, Sendable, Hashable, CaseIterable {
            /// A date, the month first.
            case monthDayYear = "MM/DD/YYYY"
            /// A date, the day first.
            case dayMonthYear = "DD/MM/YYYY"
            /// A day of the year, the month first.
            case monthDay = "MM/DD"
            /// A day of the year, the day first.
            case dayMonth = "DD/MM"
        }

        /// The column's header, as it stands in the file.
        public var header: String
        /// What its cells are.
        public var role: Role
        /// The merge field's tag, of which `EMAIL` is the address; empty unless the role is ``Role/field``.
        public var tag: String
        /// The merge field's type; nil: the one it has in the audience already, else text.
        public var kind: MergeField.Kind?
        /// How its dates are written; nil: the month first.
        public var dateFormat: DateFormat?

        /// - Parameters: see the properties of the same names.
        public init(
            header: String,
            role: Role = .field,
            tag: String = "",
            kind: MergeField.Kind? = nil,
            dateFormat: DateFormat? = nil
        ) {
            self.header = header
            self.role = role
            self.tag = tag
            self.kind = kind
            self.dateFormat = dateFormat
        }
    }

    /// A share of the recipients that is left out, and listed as skipped.
    public struct Holdout: Sendable, Hashable {
        /// 0 … 1.
        public var share: Double
        /// Contacts that are left out of one job are left out of every other that leaves out as many or more under the
        /// same name; nil: the job's own name.
        public var name: String?

        /// - Parameters: see the properties of the same names.
        public init(share: Double, name: String? = nil) { (self.share, self.name) = (share, name) }
    }

    /// The contact file; nil: the contacts are those of the stored audience ``name``.
    public var file: Import?
    /// A stored audience, or with a ``file`` the one it is imported into; nil: the audience belongs to the job.
    public var name: String?
    /// Which of the contacts receive.
    public var selection: RecipientSelection
    /// Which of these nothing is sent to all the same, to compare with; nil: none.
    public var holdout: Holdout?

    /// - Parameters: see the properties of the same names.
    public init(
        file: Import? = nil,
        name: String? = nil,
        selection: RecipientSelection = RecipientSelection(),
        holdout: Holdout? = nil
    ) {
        self.file = file
        self.name = name
        self.selection = selection
        self.holdout = holdout
    }
}
