import FanfareJob
import FanfareStore
import Foundation
import GRDB

/// What Mailchimp sells its accounts as: it decides what may be sent.
public enum Plan: String, Sendable, Hashable, Codable, CaseIterable {
    /// Sets webhooks up and shows them.
    case free
    /// The same.
    case essentials
    /// Sends them too.
    case standard
    /// All there is.
    case premium

    /// Whether touchpoints and journeys with webhooks may be activated; setting them up and viewing them is for all.
    public var allowsWebhooks: Bool { self >= .standard }

    /// Those that allow it, as words: `standard, premium`.
    public static var withWebhooks: String {
        allCases.filter(\.allowsWebhooks).map(\.rawValue).joined(separator: ", ")
    }
}

extension Plan: Comparable {
    /// By how much they allow.
    public static func < (left: Plan, right: Plan) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .free: 0
        case .essentials: 1
        case .standard: 2
        case .premium: 3
        }
    }
}

/// Settings of the whole installation: a table of the catalogue, `fanfare.sqlite`.
public struct AccountSettings: Sendable, Hashable {
    /// What may be sent; a self-hosted installation begins with all of it.
    public var plan: Plan
    /// The IANA name of a time zone: of what is planned without one, and so of its contacts whose own is not known.
    public var timeZone: String

    /// - Parameters:
    ///   - plan: What may be sent.
    ///   - timeZone: The IANA name of a time zone; the machine's unless given.
    public init(plan: Plan = .premium, timeZone: String = Self.machineTimeZone) {
        (self.plan, self.timeZone) = (plan, timeZone)
    }

    /// The machine's time zone, as job files without one have it.
    public static var machineTimeZone: String {
        let names = [ProcessInfo.processInfo.environment["TZ"], TimeZone.current.identifier].compactMap { $0 }
        return names.first(where: isTimeZone) ?? "UTC"
    }

    /// Whether a name is an IANA time zone's, and no abbreviation such as `EST`.
    public static func isTimeZone(_ name: String) -> Bool { Schedule.isZone(name) }
}

extension AccountSettings {
    static let schema = Schema(
        module: "account",
        steps: [
            .init("1 table") {
                try $0.execute(
                    sql: """
                        CREATE TABLE account (
                            setting TEXT PRIMARY KEY,
                            value TEXT NOT NULL
                        ) WITHOUT ROWID
                        """
                )
            }
        ]
    )

    /// What was never set has its default: also in a catalogue that another process owns.
    static func read(_ db: Database) throws -> AccountSettings {
        var settings = AccountSettings()
        guard try db.tableExists("account") else { return settings }
        for row in try Row.fetchAll(db, sql: "SELECT setting, value FROM account") {
            let value: String = row["value"]
            switch row["setting"] as String {
            // A plan that this version does not know allows the least.
            case "plan": settings.plan = Plan(rawValue: value) ?? .free
            case "time_zone": settings.timeZone = value
            default: break
            }
        }
        return settings
    }

    fileprivate func save(_ db: Database) throws {
        for (setting, value) in [("plan", plan.rawValue), ("time_zone", timeZone)] {
            try db.execute(
                sql: "INSERT OR REPLACE INTO account (setting, value) VALUES (?, ?)",
                arguments: [setting, value]
            )
        }
    }
}

extension Installation {
    /// The settings of the whole installation. Any thread; blocks for a read of the catalogue.
    ///
    /// - Throws: `StoreError`.
    public func accountSettings() throws -> AccountSettings { try catalogue.read(AccountSettings.read) }

    /// Keeps the settings of the whole installation, for the owner. Blocks until they are on disk.
    ///
    /// - Parameter settings: In place of all there were; their time zone is one that is known.
    /// - Throws: `StoreError`.
    public func save(_ settings: AccountSettings) throws {
        try AccountSettings.schema.migrate(catalogue)
        try catalogue.write { try settings.save($0) }
    }

    /// Changes some of the settings of the whole installation, in one transaction, for the owner. Blocks.
    ///
    /// - Parameter change: Leaves a time zone that is known.
    /// - Returns: The settings as they are then.
    /// - Throws: `StoreError`.
    public func changeAccountSettings(_ change: (inout AccountSettings) -> Void) throws -> AccountSettings {
        try AccountSettings.schema.migrate(catalogue)
        return try catalogue.write { db in
            var settings = try AccountSettings.read(db)
            change(&settings)
            try settings.save(db)
            return settings
        }
    }
}
