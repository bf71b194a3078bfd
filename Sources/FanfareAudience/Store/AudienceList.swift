import GRDB
import NIOConcurrencyHelpers

/// The audiences of a catalogue as its owner last read them: every request over HTTP asks for one.
///
/// It watches the catalogue's connection, which alone writes the table, and forgets them with each commit that changed
/// it. Any thread.
final class AudienceList: TransactionObserver, Sendable {
    private struct State {
        var entries: [AudienceCatalogue.Entry]?
        /// Counts the commits that changed them: what was read before one is not kept after it.
        var commits = 0
        var isChanging = false
    }

    private let state = NIOLockedValueBox(State())

    /// Begins to watch, as long as there is the connection.
    init(_ database: DatabaseQueue) {
        database.add(transactionObserver: self, extent: .databaseLifetime)
    }

    var entries: [AudienceCatalogue.Entry]? { state.withLockedValue { $0.entries } }

    /// The entries, read where they are not known.
    func entries(reading: () throws -> [AudienceCatalogue.Entry]) rethrows -> [AudienceCatalogue.Entry] {
        let (known, commits) = state.withLockedValue { ($0.entries, $0.commits) }
        if let known { return known }
        let read = try reading()
        state.withLockedValue { if $0.commits == commits { $0.entries = read } }
        return read
    }

    /// Asked of each statement that is about to run. The table has no row ids, so SQLite tells of no change of a row: that
    /// a statement writes it has to do, and no more is asked for.
    func observes(eventsOfKind kind: DatabaseEventKind) -> Bool {
        if kind.tableName == "audience" { state.withLockedValue { $0.isChanging = true } }
        return false
    }

    func databaseDidChange(with event: DatabaseEvent) {}

    func databaseDidCommit(_ db: Database) {
        state.withLockedValue { state in
            if !state.isChanging { return }
            (state.entries, state.isChanging) = (nil, false)
            state.commits += 1
        }
    }

    func databaseDidRollback(_ db: Database) { state.withLockedValue { $0.isChanging = false } }
}
