import CDeliveryLoop
import Glibc

extension EndpointSettings {
    /// Checks what C strings and milliseconds could not carry; the loop checks the rest.
    func validate() throws(TransportError) {
        let optional = [
            certificateAuthorityFile, clientCertificate?.file, clientCertificate?.keyFile, clientCertificate?.password,
            proxy?.url, proxy?.username, proxy?.password, userAgent,
        ]
        let strings = [url, method] + optional.compactMap(\.self) + headers.flatMap { [$0.name, $0.value] }
        guard strings.allSatisfy({ !$0.utf8.contains(0) }) else {
            throw TransportError(code: .invalidValue, message: "an endpoint's setting holds a NUL")
        }
        guard (1...Int64(Int32.max)).contains(connectTimeout.milliseconds) else {
            throw TransportError(code: .invalidValue, message: "connectTimeout must be 1 ms or more")
        }
        for file in [certificateAuthorityFile, clientCertificate?.file, clientCertificate?.keyFile] {
            guard let file, access(file, R_OK) != 0 else { continue }
            throw TransportError(code: .invalidValue, message: "cannot read \(file)", osErrno: errno)
        }
    }

    /// Lends these settings in the loop's form.
    func withConfiguration(_ body: (UnsafePointer<fanfare_endpoint_config>) -> LoopResult) -> LoopResult {
        let lines = headers.map { strdup($0.line) }
        defer { lines.forEach { free($0) } }
        let pointers = lines.compactMap { UnsafePointer($0) }
        guard pointers.count == lines.count else { return .outOfMemory }
        let texts = BorrowedTexts(
            [
                url, method, certificateAuthorityFile, clientCertificate?.file, clientCertificate?.keyFile,
                clientCertificate?.password, proxy?.url, proxy?.username, proxy?.password, userAgent,
            ]
        )
        defer { texts.free() }
        guard texts.areComplete, let url = texts[0], let method = texts[1] else { return .outOfMemory }
        return pointers.withUnsafeBufferPointer { headers in
            var config = fanfare_endpoint_config(
                url: url,
                method: method,
                headers: headers.baseAddress,
                header_count: headers.count,
                user_agent: texts[9],
                ca_file: texts[2],
                connect_timeout_ms: UInt32(connectTimeout.milliseconds),
                skip_verification: !verifiesCertificates,
                offers_http2: offersHTTP2,
                certificate_file: texts[3],
                key_file: texts[4],
                key_password: texts[5],
                proxy: texts[6],
                proxy_username: texts[7],
                proxy_password: texts[8]
            )
            return body(&config)
        }
    }
}

/// C strings for the length of a call; those that may be secrets are wiped.
private struct BorrowedTexts {
    private let copies: [UnsafeMutablePointer<CChar>?]
    let areComplete: Bool

    init(_ texts: [String?]) {
        copies = texts.map { $0.flatMap { strdup($0) } }
        areComplete = zip(texts, copies).allSatisfy { ($0 == nil) == ($1 == nil) }
    }

    subscript(index: Int) -> UnsafePointer<CChar>? { copies[index].map { UnsafePointer($0) } }

    func free() {
        for case let copy? in copies {
            explicit_bzero(copy, strlen(copy))
            Glibc.free(copy)
        }
    }
}

extension EndpointSettings.Header {
    /// In the form libcurl takes, which drops a line whose value is blank unless a semicolon ends the name.
    fileprivate var line: String {
        value.utf8.allSatisfy { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") } ? "\(name);" : "\(name): \(value)"
    }
}

extension Duration {
    /// Whole milliseconds, rounded up.
    var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        return overflow ? .max : scaled + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    }
}
