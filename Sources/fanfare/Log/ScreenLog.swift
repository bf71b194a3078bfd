import Logging

/// A log whose lines stand above what the screen shows.
struct ScreenLog: LogHandler {
    let screen: Screen
    var logLevel = Logger.Level.warning
    var metadata: Logger.Metadata = [:]

    init(screen: Screen) { self.screen = screen }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        screen.log(event.level, event.message.description, metadata.merging(event.metadata ?? [:]) { $1 })
    }
}
