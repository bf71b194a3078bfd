import Foundation
import Testing

/// An HTTPS receiver on 127.0.0.1 with a certificate for `receiver.test`, signed by an authority of its own.
struct SecureReceiver {
    let port: Int
    let authorityFile: String
    private let process: Process
    private let folder: URL

    /// Answers each request with 200 and the length of its body.
    private static let program = """
        import http.server, ssl, sys
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                text = str(len(body)).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)
            def log_message(self, *arguments):
                pass
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[1] + "/receiver.pem", sys.argv[1] + "/receiver.key")
        if sys.argv[2] == "old":
            context.maximum_version = ssl.TLSVersion.TLSv1_1
            context.set_ciphers("ALL:@SECLEVEL=0")
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        print(server.server_port, flush=True)
        server.serve_forever()
        """

    /// - Parameter tls: `new` or, for TLS 1.1 at most, `old`.
    init(tls: String = "new") throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("fanfare-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        authorityFile = folder.appendingPathComponent("authority.pem").path
        try Self.openssl(folder, "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority "
            + "-keyout authority.key -out authority.pem")
        try Self.openssl(folder, "req -newkey rsa:2048 -nodes -subj /CN=receiver.test -keyout receiver.key -out receiver.csr")
        try "subjectAltName=DNS:receiver.test".write(
            to: folder.appendingPathComponent("names"), atomically: true, encoding: .utf8)
        try Self.openssl(folder, "x509 -req -in receiver.csr -CA authority.pem -CAkey authority.key -CAcreateserial "
            + "-days 2 -extfile names -out receiver.pem")
        process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", Self.program, folder.path, tls]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        port = try #require(Int(line.trimmingCharacters(in: .whitespacesAndNewlines)))
    }

    func stop() {
        process.terminate()
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: folder)
    }

    private static func openssl(_ folder: URL, _ arguments: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments.split(separator: " ").map(String.init)
        process.currentDirectoryURL = folder
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
    }
}
