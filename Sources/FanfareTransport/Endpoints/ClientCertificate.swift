import CDeliveryLoop

/// What a receiver recognises the sender by: a certificate and its key, in PEM files.
public struct ClientCertificate: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    /// The certificate's file, with those of the authorities between it and the receiver's trust after it.
    public var file: String
    /// The key's file; nil: the key is in the certificate's file.
    public var keyFile: String?
    /// What the key is locked with.
    public var password: String?

    /// - Parameters: see the properties of the same names.
    public init(file: String, keyFile: String? = nil, password: String? = nil) {
        self.file = file
        self.keyFile = keyFile
        self.password = password
    }

    /// The file's path.
    public var description: String { file }
    /// Discloses nothing beyond the description.
    public var customMirror: Mirror { Mirror(self, children: ["file": file]) }
}

extension EndpointSettings {
    /// Why the files of authorities, certificate and key cannot be used together; nil: they can.
    ///
    /// They are read as for a connection, but none is made.
    ///
    /// - Throws: ``TransportError`` when a file cannot be read or memory or descriptors are short.
    public func problemOfTLSFiles() throws(TransportError) -> String? {
        try validate()
        return try withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) {
            buffer throws(TransportError) -> String? in
            guard let start = buffer.baseAddress else { return nil }
            let result = withConfiguration { fanfare_tls_files_check($0, start, buffer.count) }
            if result == .invalidArgument { return String(cString: start) }
            try check(result, "")
            return nil
        }
    }
}
