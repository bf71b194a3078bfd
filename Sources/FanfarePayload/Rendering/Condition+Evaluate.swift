extension Condition {
    /// The answer for one contact.
    ///
    /// With a missing value `!=` is true and every other comparison false.
    func holds(in row: ContactRow, literals: UnsafeRawBufferPointer) -> Bool {
        let value = row[Int(slot)]
        let range = Int(operand.offset)..<Int(operand.offset + operand.count)
        return matches(value, UnsafeRawBufferPointer(rebasing: literals[range])) != negated
    }

    private func matches(_ value: UnsafeRawBufferPointer, _ operand: UnsafeRawBufferPointer) -> Bool {
        if value.isEmpty { return false }
        switch test {
        case .hasValue: return true
        case .isSet: return !(value.count == 1 && value[0] == UInt8(ascii: "0"))
        case .equal where !numeric: return value.holdsSame(as: operand)
        default:
            guard let left = Decimal(value), let right = Decimal(operand) else { return false }
            let order = left.compared(to: right)
            return switch test {
            case .less: order < 0
            case .lessOrEqual: order <= 0
            case .greater: order > 0
            case .greaterOrEqual: order >= 0
            default: order == 0
            }
        }
    }
}
