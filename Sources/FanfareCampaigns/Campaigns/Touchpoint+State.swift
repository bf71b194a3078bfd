extension Touchpoint {
    /// Where a touchpoint stands.
    ///
    /// A webhook:
    ///
    /// | From | To |
    /// | --- | --- |
    /// | draft | scheduled |
    /// | scheduled | running, paused, held, missed, cancelled, draft |
    /// | running | paused, stopped, held, complete, cancelled; scheduled, where it comes again |
    /// | paused | what it was before, held, missed, cancelled, draft if it had not started |
    /// | held | scheduled, running, missed, cancelled, draft if it had not started |
    /// | stopped | running, cancelled |
    /// | missed, cancelled | scheduled, draft |
    /// | complete | running, where something of it is sent again |
    ///
    /// A task is not started, in progress or complete; an event or note is planned or cancelled. Both in any order.
    public enum State: String, Sendable, Hashable, CaseIterable {
        /// It is being written; nothing comes of it.
        case draft
        /// It starts at its time.
        case scheduled
        /// It sends.
        case running
        /// Somebody paused it, before its time or after.
        case paused
        /// It could not start: for somebody to mend.
        case held
        /// A rule stopped it; it can be resumed.
        case stopped
        /// Its time came while nobody was there to start it, and is past by more than it may be.
        case missed
        /// Of each contact it is known what became of it; a task is done.
        case complete
        /// It was ended for good, or is not to be.
        case cancelled
        /// Of a task.
        case notStarted = "not_started"
        /// Of a task.
        case inProgress = "in_progress"
        /// Of an event or a note.
        case planned

        /// Whether a fan-out of it may be under way or to come: it can then neither be changed nor deleted.
        public var isActive: Bool {
            switch self {
            case .scheduled, .running, .paused, .held, .stopped: true
            case .draft, .missed, .complete, .cancelled, .notStarted, .inProgress, .planned: false
            }
        }
    }
}

extension Touchpoint.Kind {
    /// Where one begins.
    public var firstState: Touchpoint.State {
        switch self {
        case .webhook: .draft
        case .task: .notStarted
        case .event, .note: .planned
        }
    }

    /// Where people put one by hand; none for webhooks, which come by their states through what is done with them.
    public var statesByHand: [Touchpoint.State] {
        switch self {
        case .webhook: []
        case .task: [.notStarted, .inProgress, .complete]
        case .event, .note: [.planned, .cancelled]
        }
    }
}
