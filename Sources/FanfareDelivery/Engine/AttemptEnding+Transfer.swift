import FanfarePayload
import FanfareTransport

extension AttemptEnding {
    /// What the transport reports of one transfer, in the terms that decide its fate; without the secrets that the
    /// receiver repeats.
    init(_ completion: TransferCompletion, hiding secrets: SecretMask) {
        let flags = completion.flags
        self.init(
            result: Result(completion),
            status: UInt16(truncatingIfNeeded: completion.shownStatus),
            finalStatusLine: flags.contains(.statusArrived),
            successHeaderBlock: flags.contains(.accepted),
            anythingWritten: flags.contains(.anythingWritten),
            wholeRequestSent: flags.contains(.requestSent),
            secondSendPrevented: flags.contains(.secondSendPrevented),
            retryAfter: completion.retryAfterSeconds,
            location: completion.locationText(hiding: secrets)
        )
        isHTTP2 = completion.httpVersion == 2
        detail = completion.detail
    }
}

extension TransferCompletion {
    /// The `Location` of a 3xx, fit to be shown: the receiver's words reach no terminal as they are.
    fileprivate func locationText(hiding secrets: SecretMask) -> String? {
        guard let location else { return nil }
        var bytes = [UInt8](UnsafeRawBufferPointer(start: location, count: Int(locationLength)))
        bytes.withUnsafeMutableBytes { secrets.cover($0) }
        let scalars = String(decoding: bytes, as: UTF8.self).unicodeScalars
        return String(String.UnicodeScalarView(scalars.map { $0.properties.generalCategory == .control ? "?" : $0 }))
    }
}

extension AttemptEnding.Result {
    /// libcurl's `CURLcode` (curl/curl.h) in classes.
    fileprivate init(_ completion: TransferCompletion) {
        if completion.flags.contains(.blocked) {
            self = .blockedByPolicy
            return
        }
        if completion.flags.contains(.rejected) {
            self = .rejected
            return
        }
        if completion.flags.contains(.localFailure) {
            self = .agentLacks
            return
        }
        // Where a status had arrived, that decides: a body that was cut off as well.
        if completion.flags.contains(.responseCut), completion.curlCode != 0 {
            self = .headersTooLong
            return
        }
        // libcurl takes a connection that closes in the middle of the headers for their end.
        let isInHeader = completion.flags.contains(.statusArrived) && !completion.flags.contains(.accepted)
        self =
            switch completion.curlCode {
            case 0 where isInHeader && 200...299 ~= completion.httpStatus: .connectionLost
            case 0: .ok
            case 5, 6: .resolveFailed
            case 7, 97: .connectFailed
            case 28: .timedOut
            case 35, 53, 54, 58, 59, 60, 64, 66, 77, 80, 82, 83, 90, 91: .tlsFailed
            case 16, 18, 52, 55, 56, 92: .connectionLost
            case 1, 8, 61: .malformedResponse
            default: .other
            }
    }
}

extension TransferCompletion {
    /// The receiver's status, or what a proxy said to CONNECT instead of it.
    var shownStatus: Int32 { httpStatus == 0 && isRefusedByProxy ? Int32(proxyStatus) : httpStatus }

    /// Whether a proxy answered, and not with a way through.
    private var isRefusedByProxy: Bool { proxyStatus != 0 && !(200...299 ~= proxyStatus) }

    /// What a reason can say more exactly than the class of the failure.
    fileprivate var detail: Reason? {
        if isRefusedByProxy { return .proxyRefused }
        switch tlsProblem {
        case .expired: return .certificateExpired
        case .otherName: return .certificateName
        case .selfSigned: return .certificateSelfSigned
        case .brokenChain: return .certificateChain
        case .oldVersion: return .tlsVersion
        case .noTLS: return .noTLS
        case .clientCertificate: return .clientCertificate
        default: break
        }
        switch curlCode {
        case 16, 92: return .http2
        case 5, 97: return .proxyUnreachable
        default: return nil
        }
    }

    /// Whether a connection was used or tried: how long the rest took says nothing about the receiver.
    var wasTried: Bool { flags.isDisjoint(with: [.rejected, .blocked, .localFailure]) }
}
