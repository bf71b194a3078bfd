// One event loop that sends HTTP requests: batches of requests in, batches of completions out.
//
// A loop belongs to one thread, its owner: every function that takes a loop is called by that thread, unless its
// comment says otherwise. Only `fanfare_waker_wake` may be called by any thread. Functions return `FANFARE_OK` or
// one of the other results, and write their out-parameters only when they return `FANFARE_OK`.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#pragma clang assume_nonnull begin

#define FANFARE_ENUM(swift) __attribute__((enum_extensibility(open), swift_name(swift)))
#define FANFARE_NAME(swift) __attribute__((swift_name(swift)))
typedef struct fanfare_loop fanfare_loop;
typedef struct fanfare_waker fanfare_waker;
/// What a call came to. Outcomes of single requests are not here: they are completions.
typedef enum FANFARE_ENUM("LoopResult") : int32_t {
    FANFARE_OK FANFARE_NAME("ok") = 0,
    /// `errno` has the error.
    FANFARE_SYSTEM_ERROR FANFARE_NAME("systemError") = 1,
    FANFARE_OUT_OF_MEMORY FANFARE_NAME("outOfMemory") = 2,
    /// A value out of its range, a URL that is not http or https, an address that is none.
    FANFARE_INVALID_ARGUMENT FANFARE_NAME("invalidArgument") = 3,
    /// The endpoint has requests in flight.
    FANFARE_BUSY FANFARE_NAME("busy") = 4,
    /// No endpoint of that id.
    FANFARE_UNKNOWN_ENDPOINT FANFARE_NAME("unknownEndpoint") = 5,
    /// libcurl failed as a whole; all completions have been handed out. A new loop has to replace this one.
    FANFARE_POISONED FANFARE_NAME("poisoned") = 6,
} fanfare_result;

/// What is known of a request's fate.
typedef enum __attribute__((flag_enum)) FANFARE_ENUM("TransferFlags") : uint32_t {
    /// Bytes of the request may have left. Not set: the receiver has seen nothing of it.
    FANFARE_ANYTHING_WRITTEN FANFARE_NAME("anythingWritten") = 1U << 0,
    /// The whole request was handed to the connection.
    FANFARE_REQUEST_SENT FANFARE_NAME("requestSent") = 1U << 1,
    /// A final (not 1xx) status line arrived; `http_status` has it.
    FANFARE_STATUS_ARRIVED FANFARE_NAME("statusArrived") = 1U << 2,
    /// A complete 2xx header block arrived: the receiver has accepted, whatever became of the body.
    FANFARE_ACCEPTED FANFARE_NAME("accepted") = 1U << 3,
    /// Accepted, but the body then failed: too long, cut off, of the wrong length.
    FANFARE_BODY_WARNING FANFARE_NAME("bodyWarning") = 1U << 4,
    /// The egress policy refused every address of this attempt.
    FANFARE_BLOCKED FANFARE_NAME("blocked") = 1U << 5,
    /// A reused connection closed unanswered; libcurl would have sent again and was kept from it.
    FANFARE_SECOND_SEND_PREVENTED FANFARE_NAME("secondSendPrevented") = 1U << 6,
    /// The response was longer than 64 KiB and was cut off there.
    FANFARE_RESPONSE_CUT FANFARE_NAME("responseCut") = 1U << 7,
    /// Sent on a connection made for an earlier request.
    FANFARE_CONNECTION_REUSED FANFARE_NAME("connectionReused") = 1U << 8,
    /// Ended by `fanfare_loop_recall` or `fanfare_loop_cancel_all`.
    FANFARE_CANCELLED FANFARE_NAME("cancelled") = 1U << 9,
    /// The request itself was malformed (unknown endpoint, another origin's URL, control characters): never sent.
    FANFARE_REJECTED FANFARE_NAME("rejected") = 1U << 10,
    /// The agent, not the receiver, lacks something: descriptors, memory, an address for the name.
    FANFARE_LOCAL_FAILURE FANFARE_NAME("localFailure") = 1U << 11,
    /// Its HTTP/2 connection was broken off: what came over it kept the loop reading for a quarter of a second. Loops
    /// with an endpoint that HTTP/2 is offered to have a thread of their own that watches for that.
    FANFARE_CONNECTION_CUT FANFARE_NAME("connectionCut") = 1U << 12,
} fanfare_transfer_flags;

/// Why a connection could not be secured.
typedef enum FANFARE_ENUM("TLSProblem") : uint8_t {
    FANFARE_TLS_NONE FANFARE_NAME("none") = 0,
    /// The receiver's certificate has expired, or is not valid yet.
    FANFARE_TLS_EXPIRED FANFARE_NAME("expired") = 1,
    /// It is for another host name.
    FANFARE_TLS_OTHER_NAME FANFARE_NAME("otherName") = 2,
    /// It, or the authority that the receiver sent with it, is signed by itself and not trusted.
    FANFARE_TLS_SELF_SIGNED FANFARE_NAME("selfSigned") = 3,
    /// The way from it to a trusted authority is broken: an authority is unknown or was not sent.
    FANFARE_TLS_BROKEN_CHAIN FANFARE_NAME("brokenChain") = 4,
    /// Something else is wrong with it.
    FANFARE_TLS_BAD_CERTIFICATE FANFARE_NAME("badCertificate") = 5,
    /// The receiver speaks no version of TLS that is accepted (1.2 and newer).
    FANFARE_TLS_OLD_VERSION FANFARE_NAME("oldVersion") = 6,
    /// What answered speaks no TLS.
    FANFARE_TLS_NO_TLS FANFARE_NAME("noTLS") = 7,
    /// The receiver wants a client certificate, or refuses the one it was shown.
    FANFARE_TLS_CLIENT_CERTIFICATE FANFARE_NAME("clientCertificate") = 8,
    /// The client certificate, its key or the file of authorities cannot be used.
    FANFARE_TLS_OWN_FILES FANFARE_NAME("ownFiles") = 9,
    /// Anything else.
    FANFARE_TLS_OTHER FANFARE_NAME("other") = 10,
} fanfare_tls_problem;

/// A range of addresses. IPv4 uses the first four bytes of `address`; `prefix` is 0 … 32 or 0 … 128.
typedef struct FANFARE_NAME("AddressRange") {
    uint8_t address[16];
    uint8_t prefix;
    bool is_ipv6 FANFARE_NAME("isIPv6");
} fanfare_address_range;

/// How a loop behaves. Zero means the default in all numbers. Borrowed for the call only.
typedef struct {
    /// Open although not public.
    const fanfare_address_range *_Nullable allowed;
    size_t allowed_count;
    /// Connections being made at a time. Default 64.
    uint32_t max_connecting;
    /// Of those, for one endpoint while another waits. Default 16.
    uint32_t max_connecting_per_endpoint;
    /// Requests taken in at a time; more are not accepted. Default 65,536.
    uint32_t max_in_flight;
    /// Sockets open at a time; past it a connection fails with `EMFILE`. Default: no limit but the system's.
    uint32_t max_sockets;
} fanfare_loop_config;

/// How requests to one endpoint are made. All strings are NUL-terminated and borrowed for the call only.
typedef struct {
    /// http or https, an ASCII host, no credentials. Where requests go that have no URL of their own.
    const char *url;
    /// `POST`, `PUT`, `PATCH`, `DELETE` or `GET`. A GET has no body.
    const char *method;
    /// `Name: value` strings, or `Name;` for an empty value, sent with every request after its own headers. May be
    /// NULL when the count is 0.
    const char *_Nonnull const *_Nullable headers;
    size_t header_count;
    /// Sent as the last of the headers; neither these nor a request's own name it then. NULL: none. See
    /// `fanfare_writes_head`.
    const char *_Nullable user_agent;
    /// PEM file of the authorities to trust. NULL: the system's.
    const char *_Nullable ca_file;
    /// Milliseconds; 0: 5,000.
    uint32_t connect_timeout_ms;
    /// The certificate and its host name are not checked. For tests of a receiver only.
    bool skip_verification;
    /// HTTP/2 is offered to an https receiver; one that does not take it up is spoken HTTP/1.1 with.
    bool offers_http2;
    /// PEM files of the client's certificate and its key; NULL: none, and the key is in the certificate's file.
    const char *_Nullable certificate_file;
    const char *_Nullable key_file;
    const char *_Nullable key_password;
    /// The forward proxy: an `http` URL with a port, without credentials. It decides which addresses
    /// may be reached, and its host is the one that needs addresses. NULL: none, whatever the environment says.
    const char *_Nullable proxy;
    const char *_Nullable proxy_username;
    const char *_Nullable proxy_password;
} fanfare_endpoint_config;

/// One request. What it points to is copied by `fanfare_loop_submit` and free again when that returns.
typedef struct FANFARE_NAME("TransferRequest") {
    /// The caller's; comes back in the completion.
    uint64_t token;
    uint32_t endpoint;
    /// Milliseconds from the start of the connection to the last byte of the answer. 0: 10,000.
    uint32_t timeout_ms FANFARE_NAME("timeoutMilliseconds");
    /// NULL: the endpoint's. Otherwise of the same scheme, host and port, spelled alike. Not NUL-terminated.
    const char *_Nullable url;
    size_t url_length FANFARE_NAME("urlLength");
    /// `Name: value` strings, or `Name;` for an empty value, each ended by a NUL. May be NULL when the length is 0.
    const char *_Nullable headers;
    /// Bytes, NULs included.
    size_t headers_length FANFARE_NAME("headersLength");
    const uint8_t *_Nullable body;
    size_t body_length FANFARE_NAME("bodyLength");
} fanfare_request;

/// What became of one request. Every accepted request has exactly one.
typedef struct FANFARE_NAME("TransferCompletion") {
    uint64_t token;
    /// Bytes of request and of response, headers included; the former at least so many.
    uint64_t bytes_up FANFARE_NAME("bytesUp");
    uint64_t bytes_down FANFARE_NAME("bytesDown");
    /// The body's first bytes, at most 1,024. Valid until the next poll, cancel or destroy.
    const uint8_t *_Nullable excerpt;
    /// The `Location` of a 3xx to be shown: printable ASCII, at most 512 bytes, without user, query and fragment, not
    /// NUL-terminated; as long valid. NULL: none.
    const char *_Nullable location;
    uint32_t excerpt_length FANFARE_NAME("excerptLength");
    uint32_t location_length FANFARE_NAME("locationLength");
    uint32_t endpoint;
    fanfare_transfer_flags flags;
    /// Of the final answer; 0: none arrived.
    int32_t http_status FANFARE_NAME("httpStatus");
    /// `CURLcode`; 0: the exchange ended as HTTP says.
    int32_t curl_code FANFARE_NAME("curlCode");
    /// `CURLMcode` that poisoned the loop or kept this request out of it; 0: none.
    int32_t multi_code FANFARE_NAME("multiCode");
    /// `errno` of the connection; 0: none.
    int32_t os_errno FANFARE_NAME("osErrno");
    /// `Retry-After`, dates made relative to the answer's receipt; -1: none or unreadable.
    int32_t retry_after_s FANFARE_NAME("retryAfterSeconds");
    /// Microseconds since the start until: name known, connected, TLS ready (0 on a reused connection), first
    /// byte of the answer (0: none), end. They stop at 2³²−1.
    uint32_t name_us FANFARE_NAME("nameMicroseconds");
    uint32_t connect_us FANFARE_NAME("connectMicroseconds");
    uint32_t tls_us FANFARE_NAME("tlsMicroseconds");
    uint32_t first_byte_us FANFARE_NAME("firstByteMicroseconds");
    uint32_t total_us FANFARE_NAME("totalMicroseconds");
    /// What the forward proxy answered to CONNECT; 0: nothing, or there is none.
    uint16_t proxy_status FANFARE_NAME("proxyStatus");
    /// The major version of the connection's HTTP, 1 or 2; 0: no connection.
    uint8_t http_version FANFARE_NAME("httpVersion");
    fanfare_tls_problem tls_problem FANFARE_NAME("tlsProblem");
} fanfare_completion;

/// Makes a loop, to be released with `fanfare_loop_destroy`. The calling thread need not be the owner yet.
fanfare_result fanfare_loop_create(const fanfare_loop_config *config, fanfare_loop *_Nullable *_Nonnull loop);

/// Closes all connections and forgets requests in flight without completions. NULL is accepted.
void fanfare_loop_destroy(fanfare_loop *_Nullable loop);

/// Adds an endpoint; `id` names it from then on. A host that is a name needs addresses before it can be sent to.
fanfare_result fanfare_loop_add_endpoint(fanfare_loop *loop, const fanfare_endpoint_config *config, uint32_t *id);

/// Gives the addresses of the endpoint's host, in the order to try them, as text (`192.0.2.1`, `2001:db8::1`).
/// They hold for every endpoint of that host and port and replace earlier ones; open connections stay.
fanfare_result fanfare_loop_set_addresses(
    fanfare_loop *loop, uint32_t endpoint, const char *_Nonnull const *_Nonnull addresses, size_t count);
/// From now on the endpoint's requests go out over HTTP/1.1. What is in flight goes on as it is.
fanfare_result fanfare_loop_leave_http2(fanfare_loop *loop, uint32_t endpoint);
/// Removes an endpoint that has nothing in flight (else `FANFARE_BUSY`). Its id is not used again.
fanfare_result fanfare_loop_remove_endpoint(fanfare_loop *loop, uint32_t endpoint);
/// Takes in the first `accepted` of `count` requests, in order. Fewer than `count` means that `max_in_flight` is
/// reached or memory is short: poll, then submit the rest. Malformed requests are accepted and complete `REJECTED`.
/// A request may wait inside for its turn to connect; its time-out starts when that comes.
fanfare_result fanfare_loop_submit(fanfare_loop *loop, const fanfare_request *requests, size_t count, size_t *accepted);
/// Works until something completes, the waker is used or the time is over: 0 does not wait, -1 waits without limit.
/// Writes at most `capacity` (from 1) completions.
fanfare_result fanfare_loop_poll(
    fanfare_loop *loop, fanfare_completion *completions, size_t capacity, int32_t timeout_ms, size_t *count);
/// Ends the endpoint's requests that still wait for their turn to connect: the next polls return them, flagged
/// `CANCELLED`. The receiver has seen nothing of them.
fanfare_result fanfare_loop_recall(fanfare_loop *loop, uint32_t endpoint);
/// Ends everything in flight; the next polls return it, flagged `CANCELLED`.
void fanfare_loop_cancel_all(fanfare_loop *loop);
/// Requests accepted whose completions have not been handed out.
size_t fanfare_loop_in_flight(const fanfare_loop *loop);

/// All that was seen of one transfer, for a person to look at. Nothing in it is cleaned: a terminal must not get it as it
/// is, and a receiver may repeat secrets.
typedef struct FANFARE_NAME("RawInspection") {
    /// The answer's header lines as they came, those of 1xx answers and trailers too; at most 64 KiB.
    const char *_Nullable headers;
    /// The answer's body, at most 64 KiB.
    const uint8_t *_Nullable body;
    /// `Name:value` lines of each certificate the receiver presented, its own first, an empty line after each. Empty on
    /// a reused connection, and where the handshake failed.
    const char *_Nullable certificates;
    /// libcurl's sentence about a failure; empty: none. NUL-terminated, as the next.
    const char *_Nullable error;
    /// As `TLSv1.3 / TLS_AES_256_GCM_SHA384`; empty: no TLS, or no handshake.
    const char *_Nullable tls;
    size_t headers_length FANFARE_NAME("headersLength");
    size_t body_length FANFARE_NAME("bodyLength");
    size_t certificates_length FANFARE_NAME("certificatesLength");
    /// The address that was connected to, as text; empty: none.
    char address[64];
    /// 10, 11, 20 or 30; 0: no answer.
    uint16_t http_version FANFARE_NAME("httpVersion");
} fanfare_inspection;

/// From now on the loop keeps all of its last transfer. For loops that send one request at a time, and before the first.
/// With `connect_only` nothing is sent: a transfer ends, well, when its connection stands.
fanfare_result fanfare_loop_inspect(fanfare_loop *loop, bool connect_only);
/// The last transfer that ended; valid until the next begins. NULL: the loop does not inspect.
const fanfare_inspection *_Nullable fanfare_loop_inspection(const fanfare_loop *loop);

/// Makes a waker, to be released with `fanfare_waker_destroy`. It may outlive the loop; it then wakes nobody.
fanfare_result fanfare_waker_create(const fanfare_loop *loop, fanfare_waker *_Nullable *_Nonnull waker);
/// Any thread, any number of times: ends the poll under way, or else the next one. Never blocks.
void fanfare_waker_wake(const fanfare_waker *waker);
/// NULL is accepted.
void fanfare_waker_destroy(fanfare_waker *_Nullable waker);

/// Whether the policy lets a connection to this address be made. Any thread.
bool fanfare_egress_permits(
    const fanfare_address_range *_Nullable allowed, size_t allowed_count, const uint8_t *address, bool is_ipv6);
/// Names the calling thread; at most 15 bytes are kept.
void fanfare_thread_set_name(const char *name);
/// The host of an http or https URL, in lower case, and whether it is an address. Any thread.
fanfare_result fanfare_url_host(const char *url, char *host, size_t capacity, bool *is_address);
/// Tries the endpoint's TLS files as a connection would, without any: authorities, certificate, key and password.
/// `FANFARE_INVALID_ARGUMENT`: they cannot be used, and `reason` says why. Any thread.
fanfare_result fanfare_tls_files_check(const fanfare_endpoint_config *config, char *reason, size_t capacity);
/// The host of a forward proxy's URL, as `fanfare_url_host` has it. Any thread.
fanfare_result fanfare_proxy_host(const char *url, char *host, size_t capacity, bool *is_address);
/// Whether the loop writes the heads of an endpoint's requests itself, which is faster: one with a user agent over HTTP/1.1
/// and no proxy. The last line of all is then `User-Agent: … HTTP/1.1`, behind `Content-Length`; neither `Host` nor
/// `Content-Length` may be among the headers. Any thread.
bool fanfare_writes_head(const fanfare_endpoint_config *config);
/// What of an http or https URL is sent: the `Host` header's value, and path and query. Both are NUL-terminated; fails
/// with `FANFARE_OUT_OF_MEMORY` where the room is too small. Any thread.
fanfare_result fanfare_url_parts(
    const char *url, char *host, size_t host_capacity, char *target, size_t target_capacity);
/// The versions of libcurl (`7.88.1`) and of its TLS library (`OpenSSL/3.0.19`). Static; any thread.
const char *fanfare_curl_version(void);
const char *fanfare_tls_version(void);

#pragma clang assume_nonnull end
