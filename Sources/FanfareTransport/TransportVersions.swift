import CDeliveryLoop

/// What the transport is made of, for `--version`.
public enum TransportVersions {
    /// As `7.88.1`.
    public static var libcurl: String { String(cString: fanfare_curl_version()) }
    /// As `OpenSSL/3.0.19`.
    public static var tls: String { String(cString: fanfare_tls_version()) }
}
