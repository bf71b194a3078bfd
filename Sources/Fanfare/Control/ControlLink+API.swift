public import FanfareControl

extension ControlLink {
    /// Has the HTTP interface of the daemon that owns the data directory answer a request, as for a key that may do all.
    ///
    /// - Parameter call: What is asked.
    /// - Returns: An answer with a reply, which may be a refusal of the interface's; or a refusal without one: `unknown`
    ///   when no `fanfare serve` runs there.
    /// - Throws: `StoreError`: `notFound` without a data directory, `inUse` when its owner takes no orders;
    ///   `ControlError` when it is not known what became of it.
    public func ask(ofInterface call: APICall) async throws -> ControlAnswer {
        let request = ControlRequest(.api, call: call)
        return try await patiently {
            if let answer = try askPresentOwner(request), answer.refusal != .unknown { return answer }
            return ControlAnswer("no fanfare serve runs on this data directory; this needs one", refusal: .unknown)
        }
    }
}
