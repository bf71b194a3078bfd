import FanfareControl

extension Daemon {
    /// How fan-outs stand: what runs, and what is kept from running, with the reason.
    func status(_ request: ControlRequest) -> ControlAnswer {
        var answer = desk.answer(request)
        answer.webhooksPaused = webhooks.pauses.contains(.byOperator)
        answer.fanOuts = answer.fanOuts.map { $0.map(waiting) + held }
        return answer
    }

    /// What is prepared may wait for more than its time.
    private func waiting(_ status: LiveStatus) -> LiveStatus {
        guard status.state == LiveStatus.preparing, status.detail == nil,
            let wait = jobs.latest.values.first(where: { $0.fanOut == status.id })?.status.wait
        else { return status }
        var status = status
        (status.state, status.detail) = (LiveStatus.waiting, wait)
        return status
    }

    /// Those that somebody has to mend first.
    private var held: [LiveStatus] {
        jobs.latest.values.compactMap { job in
            guard job.isKeptBack, let id = job.fanOut, let obstacle = job.obstacle else { return nil }
            var status = LiveStatus(preparing: id, isPaused: false, DeliverySettings())
            (status.state, status.detail) = (LiveStatus.held, obstacle)
            return status
        }
    }

    /// Lets a fan-out go on that was paused, or tries one again that was kept back.
    func resume(_ request: ControlRequest) -> ControlAnswer {
        let job = request.name.flatMap { jobs.latest[$0] }
        let answer = desk.answer(request)
        guard let job, job.isKeptBack, answer.refusal == nil else { return answer }
        do {
            guard try jobs.tryAgain(job.name) else { return answer }
            return ControlAnswer("\(job.name) is tried again; fanfare status \(job.name) says how it stands")
        } catch {
            return ControlAnswer("\(job.name) cannot be tried again: \(error)", refusal: .failed)
        }
    }

    /// Ends a fan-out for good. One that was kept back is nobody's to mend any more.
    func cancel(_ request: ControlRequest) -> ControlAnswer {
        let job = request.name.flatMap { jobs.latest[$0] }
        let answer = desk.answer(request)
        guard let job, job.isKeptBack, answer.refusal == nil else { return answer }
        do {
            try jobs.drop(job)
            return answer
        } catch {
            // It is found ended at the next start, and forgotten then.
            return ControlAnswer("\(answer.message); its order could not be forgotten: \(error)")
        }
    }
}
