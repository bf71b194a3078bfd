import Fanfare
import Foundation

/// What came of `send-test`, as a person or a program reads it.
struct TrialText {
    let trial: JobTrial
    let job: JobFile
    let contact: String

    private var request: RequestText? {
        trial.request.map { RequestText(request: $0, secrets: SecretMask(job.webhook), showsSecrets: false) }
    }

    // MARK: For people

    var page: String {
        let warnings = trial.warnings.map { "warning: \($0)" }
        guard let request, let result = trial.result else {
            let reason = trial.passedOver ?? "would get no request"
            return (["nothing was sent: \(VisibleText.text(contact)) \(reason)"] + warnings).joined(separator: "\n")
        }
        var lines = ["\(VisibleText.text(request.request.method)) \(VisibleText.text(request.url))"]
        lines.append(row("contact", VisibleText.text(request.request.address)))
        lines.append(row("webhook-id", "\(request.request.id), known to no ledger"))
        lines += addressRows(result)
        lines += connectionRows(result)
        lines.append(row("took", timings(result)))
        lines.append("")
        lines += answer(result)
        lines.append(verdict(result))
        return (lines + warnings).joined(separator: "\n")
    }

    private func row(_ name: String, _ value: String) -> String {
        "  " + name + String(repeating: " ", count: max(1, 13 - name.count)) + value
    }

    private func addressRows(_ result: DeliveryTrial) -> [String] {
        if let failure = result.nameFailure { return [row("name", "not found: \(failure)")] }
        return result.addresses.enumerated().map { index, found in
            let isUsed = result.inspection?.address == found.address
            let verdict =
                found.isPermitted
                ? "allowed" + (isUsed ? ", connected to" : "")
                : "refused: no public address (--allow-network \(found.address) opens it)"
            return row(index == 0 ? "address" : "", "\(found.address)  \(verdict)")
        }
    }

    private func connectionRows(_ result: DeliveryTrial) -> [String] {
        guard let seen = result.inspection else { return [] }
        var rows: [String] = []
        if let version = seen.httpVersion { rows.append(row("http", version)) }
        if let version = seen.tlsVersion {
            let cipher = seen.cipher.map { ", \(VisibleText.text($0))" } ?? ""
            let doubt = job.webhook.tls.verifies ? "" : ", UNVERIFIED"
            rows.append(row("tls", VisibleText.text(version) + cipher + doubt))
        }
        let isRefused = seen.certificates.isEmpty && !result.refusedCertificates.isEmpty
        if isRefused { rows.append(row("", "It presented what follows, to a second connection that sent nothing.")) }
        for (index, certificate) in (seen.certificates + result.refusedCertificates).enumerated() {
            let name = index > 0 ? "signed by" : isRefused ? "REFUSED" : "certificate"
            rows.append(row(name, VisibleText.text(certificate.subject)))
            if !certificate.names.isEmpty { rows.append(row("", "for \(VisibleText.text(certificate.names))")) }
            rows.append(row("", "issued by \(VisibleText.text(certificate.issuer))"))
            rows.append(row("", "until \(VisibleText.text(certificate.expires))\(remaining(certificate.expires))"))
        }
        return rows
    }

    /// ` (in 37 days)`; nothing where the TLS library writes dates in another way.
    private func remaining(_ expiry: String) -> String {
        guard let date = Self.date(expiry) else { return "" }
        let days = Int((date.timeIntervalSinceNow / 86_400).rounded(.down))
        return days < 0 ? " (EXPIRED)" : " (in \(HumanText.count(days, "day")))"
    }

    /// `Nov 27 20:41:50 2026 GMT`, as OpenSSL writes it.
    private static func date(_ text: String) -> Date? {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = .gmt
        formatter.dateFormat = "MMM d HH:mm:ss yyyy zzz"
        return formatter.date(from: text.split(separator: " ").joined(separator: " "))
    }

    private func timings(_ result: DeliveryTrial) -> String {
        let times = result.timings
        let parts: [(String, Duration?)] = [
            ("name", times.name), ("connected", times.connect), ("TLS", times.tls), ("first byte", times.firstByte),
            ("total", times.total),
        ]
        let shown = parts.compactMap { name, time in time.map { "\(name) \(HumanText.duration($0))" } }
        return shown.isEmpty ? "-" : shown.joined(separator: ", ")
    }

    private func answer(_ result: DeliveryTrial) -> [String] {
        guard let seen = result.inspection, !seen.headers.isEmpty else { return [] }
        let headers = VisibleText.text(seen.headers.filter { $0 != UInt8(ascii: "\r") })
        let body = VisibleText.text(seen.body)
        var lines = [String(headers.drop(while: \.isNewline).reversed().drop(while: \.isNewline).reversed()), ""]
        if !body.isEmpty { lines += [body.hasSuffix("\n") ? String(body.dropLast()) : body, ""] }
        if result.isAnswerCut { lines += ["(cut off: the answer is longer than 64 KiB)", ""] }
        return lines
    }

    /// What a run would make of it.
    private func verdict(_ result: DeliveryTrial) -> String {
        switch result.consequence {
        case .delivered: return "delivered: the receiver accepted it"
        case .retryable(let wait):
            let of = job.delivery.retries.count + 1
            let after = wait == .zero ? "again at once" : "again after \(HumanText.duration(wait))"
            return "not delivered: \(cause(result)). A run sends it \(after) (\(HumanText.count(of, "attempt")) in all)"
        case .dead(.attemptsUsedUp):
            return "not delivered: \(cause(result)). A run does not try again: retries is empty"
        case .dead: return "not delivered: \(cause(result)). A run does not send it again"
        case .uncertain: return "uncertain: \(cause(result)). A run holds it (when_uncertain: hold)"
        }
    }

    private func cause(_ result: DeliveryTrial) -> String {
        if let failure = result.nameFailure { return "the host name was not found (\(failure))" }
        guard let reason = result.reason else { return "unknown" }
        var text = reason.text(status: result.ending.status)
        if let location = result.ending.location { text += ", the receiver has moved to \(location)" }
        // A status says it all; of a failure of the connection libcurl knows more.
        if reason != .status, reason != .policy, let error = result.inspection?.error {
            text += " (\(VisibleText.text(error)))"
        }
        return text
    }
}

// MARK: For programs

extension TrialText {
    private struct Fields: Encodable {
        struct Address: Encodable {
            var address: String
            var allowed: Bool
            var used: Bool
        }

        struct Certificate: Encodable {
            var subject: String
            var issuer: String
            var expires: String
            var names: String

            init(_ certificate: TransferInspection.Certificate) {
                subject = certificate.subject
                issuer = certificate.issuer
                expires = certificate.expires
                names = certificate.names
            }
        }

        struct Answer: Encodable {
            var status: Int
            var headers: String
            var body: String?
            var body_base64: String?
            var is_cut: Bool
        }

        var contact: String
        var delivered: Bool
        var outcome: String
        var reason: String?
        var retry_after_s: Double?
        var request: RequestText.Fields?
        var addresses: [Address]
        var http: String?
        var tls: String?
        var cipher: String?
        var certificates: [Certificate]
        var refused_certificates: [Certificate]
        var timings_ms: [String: Double]
        var answer: Answer?
        var error: String?
        var warnings: [String]
    }

    var json: String {
        get throws {
            let result = trial.result
            let seen = result?.inspection
            return try JSONLine.text(
                Fields(
                    contact: contact,
                    delivered: trial.isDelivered,
                    outcome: outcome,
                    reason: result.flatMap { $0.consequence == .delivered ? nil : cause($0) } ?? trial.passedOver,
                    retry_after_s: wait,
                    request: request?.fields,
                    addresses: (result?.addresses ?? []).map {
                        .init(
                            address: $0.address.description,
                            allowed: $0.isPermitted,
                            used: $0.address == seen?.address
                        )
                    },
                    http: seen?.httpVersion,
                    tls: seen?.tlsVersion,
                    cipher: seen?.cipher,
                    certificates: (seen?.certificates ?? []).map(Fields.Certificate.init),
                    refused_certificates: (result?.refusedCertificates ?? []).map(Fields.Certificate.init),
                    timings_ms: milliseconds(result?.timings),
                    answer: result.flatMap(answerFields),
                    error: seen?.error,
                    warnings: trial.warnings
                )
            )
        }
    }

    private var outcome: String {
        switch trial.result?.consequence {
        case .delivered: "delivered"
        case .retryable: "retryable"
        case .dead: "dead"
        case .uncertain: "uncertain"
        case nil: "not sent"
        }
    }

    private var wait: Double? {
        guard case .retryable(let wait) = trial.result?.consequence else { return nil }
        return wait / .seconds(1)
    }

    private func milliseconds(_ timings: DeliveryTrial.Timings?) -> [String: Double] {
        guard let timings else { return [:] }
        let all = [
            "name": timings.name, "connect": timings.connect, "tls": timings.tls, "first_byte": timings.firstByte,
            "total": timings.total,
        ]
        return all.compactMapValues { $0.map { $0 / .milliseconds(1) } }
    }

    private func answerFields(_ result: DeliveryTrial) -> Fields.Answer? {
        guard let seen = result.inspection, !seen.headers.isEmpty else { return nil }
        let text = String(validating: seen.body, as: UTF8.self)
        return Fields.Answer(
            status: Int(result.ending.status),
            headers: String(decoding: seen.headers, as: UTF8.self),
            body: text,
            body_base64: text == nil ? Data(seen.body).base64EncodedString() : nil,
            is_cut: result.isAnswerCut
        )
    }
}
