import Fanfare

/// What a run says of the operator's orders.
extension RunConsole {
    /// Says what was ordered earlier and holds now.
    ///
    /// - Parameters:
    ///   - orders: What was ordered.
    ///   - stop: Since when and by whom everything is stopped; nil: it is not.
    ///   - job: What the job file says.
    func follows(_ orders: FanOutOrders, _ stop: PulledStop?, job: DeliverySettings) {
        let settings = orders.change.applied(to: job)
        let when = orders.changedAt.map { " on \(HumanText.moment($0))" } ?? ""
        for key in orders.change.keys {
            terminal.finishOverwritten(
                "\(key.rawValue) is \(key.text(in: settings)), as set\(when); the job file says \(key.text(in: job))."
            )
        }
        if let stop { terminal.finishOverwritten("Everything is \(stop). Go on with: fanfare resume-all\(dataHint)") }
        if let since = orders.pausedAt {
            terminal.finishOverwritten(
                "It is paused since \(HumanText.moment(since)) and sends nothing. Go on with: "
                    + "fanfare resume \(name.quotedForShell)\(dataHint)"
            )
        }
    }

    /// Takes no more orders.
    func close(_ orders: OrderDesk) {
        do { try orders.close() } catch { warn("\(error)") }
    }

    /// Says what an accepted job has put an end to.
    func drops(_ change: SettingsChange, job: DeliverySettings) {
        let settings = change.applied(to: job)
        for key in change.keys {
            terminal.finishOverwritten(
                "\(key.rawValue) is \(key.text(in: job)), as the accepted job file says; "
                    + "\(key.text(in: settings)), as set before, holds no longer."
            )
        }
    }

    /// The operator cancelled it before this process has sent anything.
    func cancelledBeforeSending(_ record: FanOutRecord) throws {
        if json {
            var result = RunResult(
                name: name,
                run: record.run,
                state: record.state.rawValue,
                counts: record.counts ?? StateCounts()
            )
            result.reason = record.stopReason
            return print(try result.json)
        }
        terminal.finishOverwritten("\(name): cancelled by the operator; this process has sent nothing.")
        guard let counts = record.counts, counts.total > 0 else { return }
        print(summary.text(cancelled: counts))
    }
}
