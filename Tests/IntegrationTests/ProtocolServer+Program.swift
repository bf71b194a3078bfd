extension ProtocolServer {
    /// Certificates, an HTTPS receiver (HTTP/1.1 and 2), and a forward proxy; which one its first argument says.
    static let program = certificates + receiver + proxy + start

    private static let certificates = """
        import datetime, os, socket, ssl, sys, threading
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.x509.oid import NameOID

        def write(name, data):
            with open(name, "wb") as file:
                file.write(data)

        def pem_key(key, password=None):
            lock = serialization.NoEncryption()
            if password:
                lock = serialization.BestAvailableEncryption(password)
            return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock)

        def make(name, issuer=None, issuer_key=None, host=None, days=1, authority=False):
            key = ec.generate_private_key(ec.SECP256R1())
            subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
            now = datetime.datetime.now(datetime.timezone.utc)
            start = now - datetime.timedelta(days=3)
            end = now + datetime.timedelta(days=days)
            builder = (x509.CertificateBuilder().subject_name(subject)
                       .issuer_name(issuer.subject if issuer else subject).public_key(key.public_key())
                       .serial_number(x509.random_serial_number()).not_valid_before(start).not_valid_after(end)
                       .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True))
            if host:
                import ipaddress
                value = x509.IPAddress(ipaddress.ip_address(host)) if host[0].isdigit() else x509.DNSName(host)
                builder = builder.add_extension(x509.SubjectAlternativeName([value]), critical=False)
            certificate = builder.sign(issuer_key or key, hashes.SHA256())
            return certificate, key

        def pem(certificate):
            return certificate.public_bytes(serialization.Encoding.PEM)

        def make_all(kind):
            authority, authority_key = make("authority", authority=True)
            write("authority.pem", pem(authority))
            issuer, issuer_key = authority, authority_key
            if kind == "chain":
                issuer, issuer_key = make("between", authority, authority_key, authority=True)
            host = "receiver.test" if kind == "name" else "127.0.0.1"
            days = -1 if kind == "expired" else 1
            if kind == "self":
                issuer, issuer_key = None, None
            certificate, key = make("receiver", issuer, issuer_key, host=host, days=days)
            write("receiver.pem", pem(certificate))
            write("receiver.key", pem_key(key))
            client, client_key = make("client", authority, authority_key)
            write("client.pem", pem(client))
            write("client.key", pem_key(client_key))
            write("locked.key", pem_key(client_key, b"sesame"))
            write("other.key", pem_key(ec.generate_private_key(ec.SECP256R1())))

        log_lock = threading.Lock()

        def log(text):
            with log_lock, open("log", "a") as file:
                file.write(text + "\\n")


        """

    private static let receiver = """
        def read_head(connection):
            data = b""
            while b"\\r\\n\\r\\n" not in data:
                chunk = connection.recv(65536)
                if not chunk:
                    return None, b""
                data += chunk
            head, rest = data.split(b"\\r\\n\\r\\n", 1)
            return head.decode(), rest

        def header(head, name):
            for line in head.split("\\r\\n")[1:]:
                key, _, value = line.partition(":")
                if key.lower() == name:
                    return value.strip()
            return ""

        def serve_http1(connection):
            while True:
                head, rest = read_head(connection)
                if head is None:
                    return
                length = int(header(head, "content-length") or 0)
                while len(rest) < length:
                    rest += connection.recv(65536)
                log("1 " + header(head, "webhook-id"))
                connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok")

        def serve_http2(connection, kind):
            import h2.config, h2.connection, h2.errors, h2.events
            state = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
            state.initiate_connection()
            connection.sendall(state.data_to_send())
            ids, answered = {}, 0
            while True:
                data = connection.recv(65536)
                if not data:
                    return
                for event in state.receive_data(data):
                    if isinstance(event, h2.events.RequestReceived):
                        fields = {bytes(k): bytes(v) for k, v in event.headers}
                        ids[event.stream_id] = fields[b"webhook-id"].decode()
                    if isinstance(event, h2.events.DataReceived):
                        state.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                    if not isinstance(event, h2.events.StreamEnded):
                        continue
                    stream = event.stream_id
                    if kind == "reset":
                        state.reset_stream(stream, h2.errors.ErrorCodes.INTERNAL_ERROR)
                        log("reset " + ids[stream])
                        continue
                    if kind == "refuse some" and stream % 10 == 9:
                        state.reset_stream(stream, h2.errors.ErrorCodes.REFUSED_STREAM)
                        log("refuse " + ids[stream])
                        continue
                    if kind == "hang" and answered >= 3:
                        log("hang " + ids[stream])
                        continue
                    if kind == "goaway" and answered >= 10:
                        continue
                    log("2 " + ids[stream])
                    state.send_headers(stream, [(":status", "200")])
                    state.send_data(stream, b"ok", end_stream=True)
                    answered += 1
                    if kind == "goaway" and answered == 10:
                        connection.sendall(state.data_to_send())
                        # What came after this stream was not looked at.
                        frame = b"\\x00\\x00\\x08\\x07\\x00\\x00\\x00\\x00\\x00"
                        connection.sendall(frame + stream.to_bytes(4, "big") + b"\\x00\\x00\\x00\\x00")
                        connection.shutdown(socket.SHUT_WR)
                        return
                connection.sendall(state.data_to_send())

        # Reads on until the client closes: a close with bytes unread resets, and takes our alert with it.
        def drain(raw):
            try:
                raw.settimeout(2)
                raw.shutdown(socket.SHUT_WR)
                while raw.recv(4096):
                    pass
            except OSError:
                pass

        def serve_tls(raw, kind, context):
            spare = raw.dup()
            try:
                connection = context.wrap_socket(raw, server_side=True)
                if connection.selected_alpn_protocol() == "h2":
                    serve_http2(connection, kind)
                else:
                    serve_http1(connection)
                connection.close()
            except (OSError, ssl.SSLError) as error:
                log("error " + str(error))
                drain(spare)
            finally:
                spare.close()
                raw.close()

        def make_context(kind):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain("receiver.pem", "receiver.key")
            if kind == "client":
                context.verify_mode = ssl.CERT_REQUIRED
                context.load_verify_locations("authority.pem")
            if kind == "old":
                context.set_ciphers("ALL:@SECLEVEL=0")
                context.minimum_version = ssl.TLSVersion.TLSv1
                context.maximum_version = ssl.TLSVersion.TLSv1_1
            if kind in ("h2", "reset", "refuse some", "hang", "goaway"):
                context.set_alpn_protocols(["h2", "http/1.1"])
            return context


        """

    private static let proxy = """
        def pump(source, target):
            try:
                while True:
                    data = source.recv(65536)
                    if not data:
                        break
                    target.sendall(data)
                target.shutdown(socket.SHUT_WR)
            except OSError:
                pass

        # How it answers: "through" lets pass, a number refuses with that status, "user" wants u:p.
        def serve_proxy(connection, kind):
            try:
                if connection.recv(1, socket.MSG_PEEK) == b"\\x16":  # a client that begins with TLS
                    connection.sendall(b"HTTP/1.1 400 No\\r\\nContent-Length: 0\\r\\n\\r\\n")
                    return
                head, rest = read_head(connection)
                if head is None:
                    return
                method, target, _ = head.split("\\r\\n")[0].split(" ")
                secret = any(name in head.lower() for name in ("\\r\\nauthorization:", "\\r\\nwebhook-id:"))
                log(f"{method} {target}" + (" with headers of the receiver's" if secret and method == "CONNECT" else ""))
                if kind == "user" and header(head, "proxy-authorization") != "Basic dTpw":
                    kind = "407"
                if kind.isdigit():
                    connection.sendall(f"HTTP/1.1 {kind} No\\r\\nContent-Length: 0\\r\\n\\r\\n".encode())
                    return
                authority = target if method == "CONNECT" else target.split("/")[2]
                host, port = authority.rsplit(":", 1)
                upstream = socket.create_connection(("127.0.0.1", int(port)))
                if method == "CONNECT":
                    connection.sendall(b"HTTP/1.1 200 Connection established\\r\\n\\r\\n")
                    upstream.sendall(rest)
                else:
                    upstream.sendall(head.encode() + b"\\r\\n\\r\\n" + rest)
                thread = threading.Thread(target=pump, args=(upstream, connection), daemon=True)
                thread.start()
                pump(connection, upstream)
                thread.join()
            except OSError as error:
                log("error " + str(error))
            finally:
                connection.close()


        """

    private static let start = """
        role, kind = sys.argv[1:3]
        if role == "receiver":
            make_all(kind)
            context = make_context(kind)
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", 0))
        listener.listen(512)
        print(listener.getsockname()[1], flush=True)
        while True:
            raw, _ = listener.accept()
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            arguments = (raw, kind, context) if role == "receiver" else (raw, kind)
            serve = serve_tls if role == "receiver" else serve_proxy
            threading.Thread(target=serve, args=arguments, daemon=True).start()
        """
}
