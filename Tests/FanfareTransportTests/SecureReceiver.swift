import Glibc
import Testing

/// An HTTPS receiver on 127.0.0.1 with a certificate for `receiver.test`, signed by an authority of its own.
struct SecureReceiver {
    let port: Int
    let authorityFile: String
    private let folder: String
    private let process: pid_t

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
        var template = Array("/tmp/fanfare-tls-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        folder = String(decoding: template.dropLast().map(UInt8.init), as: UTF8.self)
        authorityFile = folder + "/authority.pem"
        try Self.makeCertificates(in: folder)
        let server = try Self.spawn(["python3", "-c", Self.program, folder, tls])
        process = server.process
        defer { close(server.output) }
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while read(server.output, &byte, 1) == 1, byte != UInt8(ascii: "\n") { line.append(byte) }
        port = try #require(Int(String(decoding: line, as: UTF8.self)))
    }

    func stop() {
        kill(process, SIGKILL)  // the test runner's threads block the others, and children inherit that
        waitpid(process, nil, 0)
        for name in ["authority.pem", "authority.key", "receiver.pem", "receiver.key", "receiver.csr", "names"] {
            unlink("\(folder)/\(name)")
        }
        unlink("\(folder)/authority.srl")
        rmdir(folder)
    }

    private static func makeCertificates(in folder: String) throws {
        try run(
            "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout \(folder)/authority.key "
                + "-out \(folder)/authority.pem"
        )
        try run(
            "openssl req -newkey rsa:2048 -nodes -subj /CN=receiver.test -keyout \(folder)/receiver.key "
                + "-out \(folder)/receiver.csr"
        )
        let names = try #require(fopen("\(folder)/names", "w"))
        fputs("subjectAltName=DNS:receiver.test", names)
        fclose(names)
        try run(
            "openssl x509 -req -in \(folder)/receiver.csr -CA \(folder)/authority.pem -CAkey \(folder)/authority.key "
                + "-CAcreateserial -days 2 -extfile \(folder)/names -out \(folder)/receiver.pem"
        )
    }

    private static func run(_ command: String) throws {
        let child = try spawn(command.split(separator: " ").map(String.init))
        close(child.output)
        var status: Int32 = -1
        try #require(waitpid(child.process, &status, 0) == child.process && status == 0, "\(command)")
    }

    /// Starts a program; its standard output comes through the descriptor, its standard error goes nowhere.
    private static func spawn(_ arguments: [String]) throws -> (process: pid_t, output: Int32) {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        defer { close(ends[1]) }
        _ = fcntl(ends[0], F_SETFD, FD_CLOEXEC)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var strings: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { strings.forEach { free($0) } }
        var process = pid_t()
        try #require(posix_spawnp(&process, arguments[0], &actions, nil, &strings, environ) == 0)
        return (process, ends[0])
    }
}
