import Crypto
import Fanfare
import FanfarePayload
import FanfareStore
import Foundation
import HTTPTypes
import Hummingbird
import NIOConcurrencyHelpers
import NIOCore

/// The calendar as iCalendar at `/calendar/TOKEN.ics`, for calendar programs, which have no key: whoever has the link
/// reads. Its token stands in the path, which no log holds.
struct CalendarSubscription: Sendable {
    /// Seconds of the past that it holds.
    private static let past: Int64 = 90 * 86_400
    /// Seconds of what is to come.
    private static let future: Int64 = 365 * 86_400
    /// Below which its paths are.
    static let base = "/calendar"

    let daemon: Daemon
    let access: AccessMiddleware
    private let versions = CalendarVersions()

    init(daemon: Daemon, access: AccessMiddleware) { (self.daemon, self.access) = (daemon, access) }

    /// The path of a link.
    static func path(token: String) -> String { "\(base)/\(token).ics" }

    func add(to router: Router<APIContext>) {
        router.get("\(Self.base)/{token}") { request, context in
            try await requireLink(request, context)
            let daemon = self.daemon
            let bytes = try await onDisk { try Self.bytes(daemon, now: currentUnixTime()) }
            return answer(to: request, bytes)
        }
        router.refuseOtherMethods(below: Self.base)
    }

    /// - Throws: ``Problem`` for a link that is none; from where too many of them come, so many keys are tried.
    private func requireLink(_ request: Request, _ context: APIContext) async throws {
        let feeds = CalendarFeeds(daemon.installation.catalogue)
        let name = context.parameters.get("token") ?? ""
        if name.utf8.count == 36, name.hasSuffix(".ics") {
            let token = String(name.dropLast(4))
            if try await onDisk({ try feeds.admits(token) }) { return }
        }
        try access.noteFailure(request, context)
        throw Problem.notFound
    }

    private static func bytes(_ daemon: Daemon, now: Int64) throws -> [UInt8] {
        let entries = try daemon.calendarForSubscribers(from: now - past, to: now + future)
        let audiences = try daemon.installation.audiences.all()
        let names = audiences.compactMap { entry in entry.name.map { (entry.id, $0) } }
        let calendar = ICalendar(name: "Fanfare", audienceNames: Dictionary(names) { first, _ in first })
        return calendar.bytes(of: entries)
    }

    private func answer(to request: Request, _ bytes: [UInt8]) -> Response {
        let tag = "\"\(Hexadecimal.text(SHA256.hash(data: bytes).prefix(16)))\""
        let modified = versions.modified(tag, now: currentUnixTime())
        var headers = HTTPFields()
        headers[.eTag] = tag
        headers[.lastModified] = HTTPDate.text(modified)
        // It may be kept, but must be asked for anew each time.
        headers[.cacheControl] = "private, no-cache"
        if request.hasCurrent(tag, headers[.lastModified]) { return Response(status: .notModified, headers: headers) }
        headers[.contentType] = ICalendar.mediaType
        headers[.contentDisposition] = "inline; filename=\"fanfare.ics\""
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}

/// Since when the calendar is as it is now: entries also leave it, so that the latest change of one does not say it.
/// Any thread; a restart forgets it, and programs read it once more.
private final class CalendarVersions: Sendable {
    private let latest = NIOLockedValueBox<(tag: String, modified: Int64)>(("", 0))

    /// - Parameters:
    ///   - tag: Of the calendar as it is now.
    ///   - now: Unix seconds.
    /// - Returns: Unix seconds; of two calendars never the same, also within one second.
    func modified(_ tag: String, now: Int64) -> Int64 {
        latest.withLockedValue { latest in
            if latest.tag != tag { latest = (tag, max(now, latest.modified + 1)) }
            return latest.modified
        }
    }
}

/// A moment as HTTP writes it (RFC 9110, 5.6.7).
enum HTTPDate {
    private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// `Fri, 27 Nov 2026 09:00:00 GMT`.
    ///
    /// - Parameter unixSeconds: From 1970 on.
    static func text(_ unixSeconds: Int64) -> String {
        let moment = UTCText(unixSeconds)
        let parts = moment.day.split(separator: "-")
        let month = months[(Int(parts[1]) ?? 1) - 1]
        // The first day of all was a Thursday.
        let weekday = weekdays[Int(unixSeconds / 86_400) % 7]
        return "\(weekday), \(parts[2]) \(month) \(parts[0]) \(moment.time) GMT"
    }
}

extension Request {
    /// Whether the caller has it already (RFC 9110, 13.2.2).
    ///
    /// - Parameters:
    ///   - tag: Of what would be answered.
    ///   - modified: Its `Last-Modified`: callers give it back as they got it.
    fileprivate func hasCurrent(_ tag: String, _ modified: String?) -> Bool {
        if let tags = headers[.ifNoneMatch] {
            return tags.split(separator: ",").contains { written in
                let text = written.trimmingCharacters(in: .whitespaces)
                return text == "*" || text == tag || text == "W/" + tag
            }
        }
        return modified != nil && headers[.ifModifiedSince] == modified
    }
}
