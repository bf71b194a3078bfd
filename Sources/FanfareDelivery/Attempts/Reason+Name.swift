extension Reason {
    /// The word that interfaces and exports use, for example `attempts_used_up`. Never changed.
    public var name: String {
        switch self {
        case .status: "status"
        case .timeout: "timeout"
        case .connect: "connect"
        case .tls: "tls"
        case .resolve: "resolve"
        case .lost: "lost"
        case .malformed: "malformed"
        case .policy: "policy"
        case .sentNoAnswer: "sent_no_answer"
        case .staleConnection: "stale_connection"
        case .transport: "transport"
        case .interrupted: "interrupted"
        case .agentLacks: "agent_lacks"
        case .rejected: "rejected"
        case .answerCutShort: "answer_cut_short"
        case .certificateExpired: "certificate_expired"
        case .certificateName: "certificate_name"
        case .certificateSelfSigned: "certificate_self_signed"
        case .certificateChain: "certificate_chain"
        case .tlsVersion: "tls_version"
        case .noTLS: "no_tls"
        case .clientCertificate: "client_certificate"
        case .proxyRefused: "proxy_refused"
        case .proxyUnreachable: "proxy_unreachable"
        case .http2: "http2"
        case .restored: "restored"
        case .headersTooLong: "headers_too_long"
        case .attemptsUsedUp: "attempts_used_up"
        case .deadline: "deadline"
        case .unsubscribed: "unsubscribed"
        case .erased: "erased"
        case .removed: "removed"
        case .missingField: "missing_field"
        case .invalidHeader: "invalid_header"
        case .invalidURL: "invalid_url"
        case .suppressed: "suppressed"
        case .heldOut: "held_out"
        case .localTimePast: "local_time_past"
        case .stopAfter: "stop_after"
        case .cancelled: "cancelled"
        case .canary: "canary"
        case .firstAnswers: "first_answers"
        case .endpointDisabled: "endpoint_disabled"
        }
    }

    /// The reason of that name, as ``name`` spells it.
    public init?(name: String) {
        guard let reason = Reason.allCases.first(where: { $0.name == name }) else { return nil }
        self = reason
    }

    /// Whether it only says that no further attempt was made: why the last one failed stands with that attempt.
    public var endsAttempts: Bool { self == .attemptsUsedUp || self == .deadline }
}
