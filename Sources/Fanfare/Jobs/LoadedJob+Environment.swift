public import FanfareJob
import Foundation

extension LoadedJob {
    /// The variables that it refers to, as far as they are set here, and the machine's zone as this process sees it.
    public var environmentHere: [String: String] {
        var here = ProcessInfo.processInfo.environment.filter { variables.contains($0.key) }
        if here["TZ"] == nil { here["TZ"] = TimeZone.current.identifier }
        return here
    }
}
