/// Why a delivery, or one attempt of it, did not end well.
///
/// Raw values are stored in ledgers: they are never changed or used again.
public enum Reason: UInt8, Sendable, Hashable, Codable, CaseIterable {
    // MARK: What an attempt ended with
    /// The receiver's status; it stands beside the reason.
    case status = 1
    /// No complete answer within the time-out.
    case timeout = 2
    /// No connection.
    case connect = 3
    /// The connection could not be secured or verified.
    case tls = 4
    /// The host name was not found.
    case resolve = 5
    /// The connection closed or broke in mid-exchange.
    case lost = 6
    /// The answer was no HTTP.
    case malformed = 7
    /// The egress policy refuses every address of the endpoint.
    case policy = 8
    /// A kept connection closed unanswered after something had been written to it.
    case sentNoAnswer = 9
    /// A kept connection had closed before anything was written to it.
    case staleConnection = 10
    /// Another failure of the transport.
    case transport = 11
    /// The process ended while the attempt may have been under way.
    case interrupted = 12
    /// The agent had no descriptor, memory or address for it.
    case agentLacks = 13
    /// The request itself was malformed and never sent.
    case rejected = 14
    /// A warning beside a delivery that was accepted: its answer's body was too long, cut off or of the wrong length.
    case answerCutShort = 15
    /// It was not delivered when the backup was made that it was restored from, and may have been since.
    case restored = 16
    /// The header of the answer did not end within what is read of an answer.
    case headersTooLong = 30

    /// The receiver's certificate has expired or is not valid yet.
    case certificateExpired = 20
    /// The receiver's certificate is for another name.
    case certificateName = 21
    /// The receiver's certificate is signed by itself, or by an authority that is.
    case certificateSelfSigned = 22
    /// No trusted authority stands behind the receiver's certificate.
    case certificateChain = 23
    /// The receiver speaks no TLS 1.2 or newer.
    case tlsVersion = 24
    /// The receiver's port speaks no TLS.
    case noTLS = 25
    /// The receiver asks for a client certificate, or refuses the one it was shown.
    case clientCertificate = 26
    /// The forward proxy refused; its status stands beside the reason.
    case proxyRefused = 27
    /// No connection to the forward proxy.
    case proxyUnreachable = 28
    /// The receiver broke HTTP/2's rules or reset the stream.
    case http2 = 29

    // MARK: Why a delivery was given up
    /// Every attempt failed.
    case attemptsUsedUp = 32
    /// The delivery's deadline passed.
    case deadline = 33

    // MARK: Why a contact was skipped
    /// Unsubscribed, or otherwise no longer reachable, since the set was frozen.
    case unsubscribed = 64
    /// Erased since the set was frozen.
    case erased = 65
    /// Gone from the contact file since the set was frozen.
    case removed = 66
    /// A field listed under `require` is empty.
    case missingField = 67
    /// The contact's data would make a header that cannot be sent.
    case invalidHeader = 68
    /// The contact's data would make a URL that cannot be sent.
    case invalidURL = 69
    /// On the suppression list: never to be contacted again.
    case suppressed = 70
    /// In the share of the audience that the job leaves out.
    case heldOut = 71
    /// It was due at a local time that was past before the fan-out began.
    case localTimePast = 72

    // MARK: Why a delivery was cancelled
    /// `stop_after` passed.
    case stopAfter = 96
    /// Cancelled by the operator.
    case cancelled = 97
    /// Too few of the canary contacts were delivered.
    case canary = 98
    /// The first answers all said never.
    case firstAnswers = 99
    /// Its endpoint was disabled, or is gone.
    case endpointDisabled = 100

    /// One line for people.
    public var text: String {
        switch self {
        case .status: "the receiver's status"
        case .timeout: "no complete answer within the time-out"
        case .connect: "no connection to the receiver"
        case .tls: "the connection could not be secured or verified"
        case .resolve: "the host name was not found"
        case .lost: "the connection closed before the answer was complete"
        case .malformed: "the answer was not HTTP"
        case .policy: "blocked by policy: the address is not allowed (see --allow-network)"
        case .sentNoAnswer: "sent, no answer: a kept connection closed after the request had begun"
        case .staleConnection: "a kept connection had been closed by the receiver; nothing was sent"
        case .transport: "the transfer failed"
        case .interrupted: "the agent ended while the request may have been under way"
        case .agentLacks: "the agent ran out of descriptors or memory"
        case .rejected: "the request was malformed and not sent"
        case .certificateExpired: "the receiver's certificate has expired or is not valid yet"
        case .certificateName: "the receiver's certificate is for another host name"
        case .certificateSelfSigned: "the receiver's certificate is self-signed (see webhook.tls.ca)"
        case .certificateChain:
            "no trusted authority is behind the receiver's certificate: its chain is incomplete or unknown "
                + "(see webhook.tls.ca)"
        case .tlsVersion: "the receiver speaks no TLS 1.2 or newer"
        case .noTLS: "the receiver's port does not speak TLS"
        case .clientCertificate: "the receiver wants a client certificate, or refused ours (see webhook.tls.cert)"
        case .proxyRefused: "the proxy refused"
        case .proxyUnreachable: "no connection to the proxy"
        case .http2: "the receiver broke off the HTTP/2 stream"
        case .answerCutShort: "accepted, but the answer was not whole"
        case .restored: "it was restored from a backup, and may have been sent since that was made"
        case .headersTooLong: "the answer's headers were longer than 64 KiB"
        case .attemptsUsedUp: "all attempts failed"
        case .deadline: "the deadline passed"
        case .unsubscribed: "the contact is no longer subscribed"
        case .erased: "the contact was erased"
        case .removed: "the contact is no longer in the contact file"
        case .missingField: "a required field is empty"
        case .invalidHeader: "the contact's data cannot stand in a header"
        case .invalidURL: "the contact's data cannot stand in the URL"
        case .suppressed: "the address is on the suppression list"
        case .heldOut: "held out, to compare with"
        case .localTimePast: "the local time was past already"
        case .stopAfter: "stop_after passed"
        case .cancelled: "cancelled"
        case .canary: "too few canary contacts were delivered"
        case .firstAnswers: "the first answers all said never"
        case .endpointDisabled: "the webhook was disabled or deleted, or its journey has ended"
        }
    }

    /// One line for people, with the status where the reason is one.
    public func text(status: UInt16) -> String {
        if self == .status { return "status \(status)" }
        if self == .proxyRefused, status != 0 { return "\(text): status \(status)" }
        return status == 0 ? text : "\(text) (last status \(status))"
    }
}
