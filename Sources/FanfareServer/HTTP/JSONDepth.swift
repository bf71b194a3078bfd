extension Span<UInt8> {
    /// How many levels of arrays and objects a text has, were it JSON: told before anything is made of it.
    ///
    /// - Parameter limit: With one more nothing further is looked at.
    /// - Returns: Nil when there are more than the limit.
    func jsonDepth(upTo limit: Int) -> Int? {
        var (depth, deepest) = (0, 0)
        var isText = false
        var isEscaped = false
        for index in indices {
            let byte = self[index]
            if isEscaped {
                isEscaped = false
                continue
            }
            switch byte {
            case UInt8(ascii: "\\"): isEscaped = isText
            case UInt8(ascii: "\""): isText.toggle()
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                if isText { continue }
                depth += 1
                deepest = Swift.max(deepest, depth)
                if deepest > limit { return nil }
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                if !isText { depth -= 1 }
            default: break
            }
        }
        return deepest
    }
}
