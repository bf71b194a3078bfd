import Foundation

/// What the types of IP-geography take.
extension ConditionChecker {
    func countryOrRegion(_ value: SegmentDefinition.Operand?, _ op: String) throws -> Condition {
        let seen = try operand(value)
        let test = op.contains("not") ? TextOperator.not : .equals
        if op.hasSuffix("country") {
            guard seen.utf8.count == 2, seen.utf8.allSatisfy(isLetter) else {
                throw ConditionProblem(key: "value", message: "\"\(seen)\" is not two letters of a country such as FR")
            }
            return .text(column: "country", test, seen)
        }
        // Two letters in the United States; elsewhere ISO 3166-2 has up to three letters or digits.
        guard (1...3).contains(seen.utf8.count), seen.utf8.allSatisfy({ isDigit($0) || isLetter($0) }) else {
            throw ConditionProblem(key: "value", message: "\"\(seen)\" is not the code of a region such as CA")
        }
        return .text(column: "region", test, seen)
    }

    func timeZone(_ value: SegmentDefinition.Operand?, _ isEqual: Bool) throws -> Condition {
        let seen = try operand(value)
        guard TimeZone(identifier: seen) != nil else {
            throw ConditionProblem(key: "value", message: "\"\(seen)\" is not a time zone such as Europe/Paris")
        }
        return .text(column: "time_zone", isEqual ? .equals : .not, seen)
    }

    func near(_ condition: SegmentDefinition.Condition, isInside: Bool) throws -> Condition {
        let radius = try number(condition.value, "value", 0...Circle.widest, "a distance in miles")
        // Mailchimp's own conditions name the place beside its coordinates; the name alone says nothing here.
        if condition.latitude == nil, condition.longitude == nil, let place = condition.address {
            throw ConditionProblem(
                key: "addr",
                message: "\"\(try operand(place, key: "addr"))\" is refused: to find a place by its name needs a "
                    + "gazetteer, which Fanfare does not have; accepted: lat and lng, in degrees"
            )
        }
        let latitude = try number(condition.latitude, "lat", -90...90, "degrees, north positive")
        let longitude = try number(condition.longitude, "lng", -180...180, "degrees, east positive")
        return .near(Circle(latitude: latitude, longitude: longitude, radius: radius), isInside: isInside)
    }

    private func number(
        _ operand: SegmentDefinition.Operand?,
        _ key: String,
        _ range: ClosedRange<Double>,
        _ accepted: String
    ) throws -> Double {
        let value = try numberOperand(operand, key: key).double
        guard range.contains(value) else {
            let (low, high) = (Int(range.lowerBound), Int(range.upperBound))
            throw ConditionProblem(key: key, message: "\(value) is not accepted: \(accepted), from \(low) to \(high)")
        }
        return value
    }
}

private func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- UInt8(ascii: "a") < 26 }
