public import FanfareReceiver
import Glibc
import NIOConcurrencyHelpers

/// Ready-made behaviours of a scripted receiver.
public enum Behaviours {
    /// The same for every request.
    ///
    /// - Parameter reply: What it does.
    public static func always(_ reply: Reply) -> ScriptedReceiver.Behaviour { { _, _ in reply } }

    /// For each `webhook-id` one reply after the other, the last of them from then on.
    ///
    /// - Parameter replies: At least one.
    public static func inTurn(_ replies: Reply...) -> ScriptedReceiver.Behaviour {
        precondition(!replies.isEmpty, "a receiver must do something")
        return { _, earlier in replies[min(earlier, replies.count - 1)] }
    }

    /// One reply for so many requests, whosesoever they are, then the next; the last from then on.
    ///
    /// - Parameter phases: At least one; the count of the last does not matter.
    public static func phases(_ phases: [(requests: Int, reply: Reply)]) -> ScriptedReceiver.Behaviour {
        precondition(!phases.isEmpty, "a receiver must do something")
        let come = NIOLockedValueBox(0)
        return { _, _ in
            var number = come.withLockedValue { come in
                defer { come += 1 }
                return come
            }
            for phase in phases.dropLast() {
                if number < phase.requests { return phase.reply }
                number -= phase.requests
            }
            return phases[phases.count - 1].reply
        }
    }
}

/// A time as HTTP headers have it (IMF-fixdate, RFC 9110 §5.6.7), for a `Retry-After` as a date.
///
/// - Parameter seconds: From now, rounded down to a whole second.
/// - Returns: For example `Sun, 06 Nov 1994 08:49:37 GMT`.
public func httpDate(secondsFromNow seconds: Int) -> String {
    var time = time(nil) + seconds
    var fields = tm()
    gmtime_r(&time, &fields)
    let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    func padded(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let day = "\(padded(fields.tm_mday)) \(months[Int(fields.tm_mon)]) \(fields.tm_year + 1900)"
    let clock = "\(padded(fields.tm_hour)):\(padded(fields.tm_min)):\(padded(fields.tm_sec))"
    return "\(days[Int(fields.tm_wday)]), \(day) \(clock) GMT"
}
