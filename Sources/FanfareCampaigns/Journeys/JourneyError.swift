public import FanfareJob

/// Why something cannot be done with a journey.
public struct JourneyError: Error, Sendable, CustomStringConvertible {
    /// What a caller can act on.
    public enum Code: Sendable, Hashable {
        /// There is no journey of that id.
        case unknownJourney
        /// The journey has no such point, or none of that kind.
        case unknownPoint
        /// It is in a state in which that cannot be done.
        case wrongState
        /// Somebody else has changed it meanwhile.
        case versionConflict
        /// The map does not fit the audience.
        case unfit
        /// Contacts stand where the new map has no place for them.
        case contactsInPlace
        /// The audience has no such contact.
        case unknownContact
        /// The contact has been inside, and may not begin once more.
        case alreadyInside
        /// The contact is none of those that may begin.
        case notEligible
        /// The account's plan does not allow it.
        case notInPlan
    }

    /// What a caller can act on.
    public let code: Code
    /// One or a few sentences for a person.
    public let message: String
    /// What is wrong with the document, with its places; empty unless that is what it is about.
    public var problems: [JobProblem] = []
    /// The version there is now, where another one was expected.
    public var version: Int64?

    /// - Parameters: see the properties of the same names.
    public init(_ code: Code, _ message: String, problems: [JobProblem] = [], version: Int64? = nil) {
        (self.code, self.message, self.problems, self.version) = (code, message, problems, version)
    }

    /// The sentences.
    public var description: String { message }

    static func unknown(_ id: String) -> JourneyError { JourneyError(.unknownJourney, "there is no journey \(id)") }
}

/// A step that cannot be made, so that its journey is paused until somebody has looked.
struct JourneyFault: Error {
    /// The journey's number.
    let journey: Int64
    /// The point's id; nil: it is about all of it.
    let point: String?
    /// What is wrong, for a person.
    let message: String

    var reason: String {
        point.map { "the point \($0) cannot be passed: \(message)" } ?? "its map cannot be read: \(message)"
    }
}
