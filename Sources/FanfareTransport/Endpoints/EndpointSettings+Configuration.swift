import CDeliveryLoop
import Glibc

extension EndpointSettings {
    /// Checks what C strings and milliseconds could not carry; the loop checks the rest.
    func validate() throws(TransportError) {
        let strings = [url, method, certificateAuthorityFile ?? ""] + headers.flatMap { [$0.name, $0.value] }
        guard strings.allSatisfy({ !$0.utf8.contains(0) }) else {
            throw TransportError(code: .invalidValue, message: "an endpoint's setting holds a NUL")
        }
        guard (1...Int64(Int32.max)).contains(connectTimeout.milliseconds) else {
            throw TransportError(code: .invalidValue, message: "connectTimeout must be 1 ms or more")
        }
        if let file = certificateAuthorityFile, access(file, R_OK) != 0 {
            throw TransportError(code: .invalidValue, message: "cannot read \(file)", osErrno: errno)
        }
    }

    /// Lends these settings in the loop's form.
    func withConfiguration(_ body: (UnsafePointer<fanfare_endpoint_config>) -> LoopResult) -> LoopResult {
        let lines = headers.map { strdup($0.line) }
        defer { lines.forEach { free($0) } }
        let pointers = lines.compactMap { UnsafePointer($0) }
        guard pointers.count == lines.count else { return .outOfMemory }
        return url.withCString { url in
            method.withCString { method in
                withOptionalCString(certificateAuthorityFile) { file in
                    pointers.withUnsafeBufferPointer { headers in
                        var config = fanfare_endpoint_config(
                            url: url,
                            method: method,
                            headers: headers.baseAddress,
                            header_count: headers.count,
                            ca_file: file,
                            connect_timeout_ms: UInt32(connectTimeout.milliseconds),
                            skip_verification: !verifiesCertificates
                        )
                        return body(&config)
                    }
                }
            }
        }
    }

    private func withOptionalCString<Result>(_ text: String?, _ body: (UnsafePointer<CChar>?) -> Result) -> Result {
        guard let text else { return body(nil) }
        return text.withCString { body($0) }
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
