// The parts of a loop, lowest first: slots (a request's bytes), sockets (the epoll table), shards (multi handles),
// origins and endpoints (who is sent to), handles (easy handles), and the loop that holds them.
#pragma once

#define _GNU_SOURCE // strdup, eventfd, F_DUPFD_CLOEXEC: beyond what -std=c17 shows; needs to come first

#include "CDeliveryLoop.h"
#include "sockets.h"

#include <curl/curl.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <time.h>

enum {
    // libcurl walks the list of a host's connections for every request: a short list keeps that cheap.
    SHARD_CONNECTIONS = 32,
    // Shards that origins are spread over by hash before any is full.
    HOME_SHARDS = 16,
    // Requests that share one HTTP/2 connection; what most servers let a client have, nginx 128.
    STREAMS_PER_CONNECTION = 100,
    // Idle connections a shard keeps; libcurl's own default would close those of quiet endpoints.
    SHARD_KEPT_CONNECTIONS = 512,
    RESPONSE_CAP = 64 * 1024,
    EXCERPT_CAP = 1024,
    LOCATION_CAP = 512,
    EVENTS_AT_A_TIME = 512,
    // A slot whose buffer grew past this gives it back after use.
    SLOT_KEPT_BYTES = 256 * 1024,
};

struct handle;
struct endpoint;

// MARK: memory.c

// Sets libcurl up for the process, once.
CURLcode fanfare_memory_init(void);
// A piece as libcurl's own are: of the last that were given back, where there is one. NULL: out of memory.
void *fanfare_memory_take(size_t size);
// NULL is accepted.
void fanfare_memory_give_back(void *memory);
// From now on libcurl's memory is kept for its next use on this thread, until it ends.
void fanfare_memory_keep(void);

// MARK: slots.c

// One accepted request: its bytes, and what has been seen of its answer.
struct slot {
    struct slot *next;
    struct endpoint *endpoint; // NULL: unknown endpoint
    uint64_t token;
    uint32_t endpoint_id;
    uint32_t timeout_ms;

    // target NUL, header NUL …, body: in one buffer, kept and grown.
    char *bytes;
    size_t bytes_capacity;
    const char *target; // NULL: the endpoint's
    const char *body;
    size_t body_length;
    struct curl_slist *header_nodes; // kept and grown; a list through `next`, no allocation per node
    size_t header_count, header_capacity;

    // The answer.
    uint8_t *excerpt; // EXCERPT_CAP + LOCATION_CAP, from when it is first needed until the completion was looked at
    uint32_t excerpt_length, location_length;
    uint64_t header_bytes, body_bytes, bytes_up;
    uint32_t name_us, connect_us, tls_us, total_us;
    int64_t started_us, first_byte_us;
    uint32_t flags;
    int32_t status, retry_after_s, os_errno, curl_code, multi_code;
    uint32_t sends, opened, refused;
    bool headers_complete, starved; // starved: a socket could not be made
    bool is_http1;                  // the last status line was one of HTTP/1
    uint16_t proxy_status;
    uint8_t http_version, tls_problem;
};

struct slot_queue {
    struct slot *first, *last;
    size_t count;
};

void fanfare_slot_push(struct slot_queue *queue, struct slot *slot);
void fanfare_slot_push_front(struct slot_queue *queue, struct slot *slot);
struct slot *fanfare_slot_pop(struct slot_queue *queue);
void fanfare_slot_free(struct slot *slot);
// `Name: value` with a token for a name and no control character (RFC 9110 §5), or `Name;`.
bool fanfare_header_is_valid(const char *line, size_t length);
// Not blank, without a control character.
bool fanfare_header_value_is_valid(const char *value);
// Copies the request in. False: out of memory. A malformed request sets REJECTED and succeeds.
bool fanfare_slot_fill(struct slot *slot, const fanfare_request *request, struct endpoint *endpoint);

// MARK: response.c

// Seconds or an HTTP date (RFC 9110 §10.2.3), in seconds from `now`; -1: neither.
int32_t fanfare_parse_retry_after(const char *value, size_t length, time_t now);
size_t fanfare_on_header(char *line, size_t size, size_t count, void *slot);
size_t fanfare_on_body(char *bytes, size_t size, size_t count, void *slot);

// MARK: sockets.c, connections.c, watchdog.c: sockets.h

// MARK: shards.c

struct shard {
    CURLM *multi;
    fanfare_loop *loop;
    uint32_t index;
    bool multiplexes; // the one for HTTP/2, whose requests share connections
    bool touched; // on the loop's list of shards to be asked for messages
};

// Opens another shard. False: out of memory.
bool fanfare_shard_add(fanfare_loop *loop, bool multiplexes);
// Runs libcurl for one socket (`events` a mask of CURL_CSELECT_*) or, with CURL_SOCKET_TIMEOUT, for what is due.
void fanfare_shard_run(struct shard *shard, curl_socket_t fd, int events);

// MARK: origins.c

// What an origin has on one shard.
struct berth {
    uint32_t handles, connections, in_flight;
    uint32_t standing; // of the connections those that requests go over
};

// A host and port; endpoints of one origin share addresses and connections.
struct origin {
    struct origin *next;
    char *host; // as libcurl asks its DNS cache: lower case, no brackets
    uint16_t port;
    bool is_literal, has_addresses;
    // As they were given; the family that was connected to last goes first (AF_INET, AF_INET6; 0: none yet).
    char **addresses;
    size_t address_count;
    int family;
    bool must_reorder;
    bool is_proxy; // connections to it are the operator's choice
    uint32_t endpoints; // it lives while it has endpoints or sockets
    uint32_t sockets;
    uint32_t home;
    struct berth *berths; // one for each shard below `berth_count`
    uint32_t berth_count;
};

bool fanfare_is_address(const char *text);
// The origin, made if need be; NULL: out of memory.
struct origin *fanfare_origin_find(fanfare_loop *loop, const char *host, uint16_t port);
fanfare_result fanfare_origin_set_addresses(
    fanfare_loop *loop, struct origin *origin, const char *const *addresses, size_t count);
// A connection to an address of this family was made. Inside libcurl's callbacks: what follows from it waits.
void fanfare_origin_connected(fanfare_loop *loop, struct origin *origin, int family);
// Hands addresses to libcurl anew where another family is to go first.
void fanfare_origins_reorder(fanfare_loop *loop);
// One endpoint less; the last one's leaving takes the addresses away.
void fanfare_origin_leave(fanfare_loop *loop, struct origin *origin);
// Frees it when nothing needs it any more.
void fanfare_origin_release(fanfare_loop *loop, struct origin *origin);
// The shard for one handle more. False: out of memory.
bool fanfare_origin_take_berth(fanfare_loop *loop, struct origin *origin, bool multiplexes, uint32_t *shard);

// MARK: heads.c

// What the heads of an endpoint's requests are made of; `start` is NULL when libcurl makes them.
struct head {
    char *target;    // of requests that have no URL of their own
    char *start;     // what stands before a request's own headers
    char *constant;  // the headers that stand behind them
    char *end;       // the user agent
    size_t target_length, start_length, constant_length, end_length;
};

fanfare_result fanfare_endpoint_take_head(struct endpoint *endpoint, const fanfare_endpoint_config *config);
void fanfare_endpoint_free_head(struct endpoint *endpoint);
// What switches off the headers that libcurl would add; `may_expect`: to a body so large that `Expect:` is one of them.
struct curl_slist *fanfare_head_switches(bool may_expect);
// Bytes that suffice for the head of a request.
size_t fanfare_head_room(const struct endpoint *endpoint, const fanfare_request *request);
// Writes the head and a NUL, `path` being that of the request's own URL. The place behind it; NULL: a header is
// malformed.
char *fanfare_head_write(
    char *at, const struct endpoint *endpoint, const fanfare_request *request, const char *path, size_t path_length);

// MARK: endpoints.c

struct endpoint {
    uint32_t id;
    struct origin *origin;
    CURLU *url;
    char *prefix; // scheme://authority as the caller spelled it: how URLs of requests must begin
    size_t prefix_length;
    char *method;
    char *ca_file;
    struct curl_slist *headers;
    struct head head;
    struct curl_slist expect; // "Expect:" before `headers`, for bodies for which libcurl would send one
    uint32_t connect_timeout_ms;
    bool skip_verification, is_get, is_https;
    bool multiplexes; // speaks HTTP/2, or has not found out yet
    char *certificate_file, *key_file, *key_password;
    char *proxy, *proxy_username, *proxy_password;

    // Free handles, those that surely have an idle connection first.
    struct handle *free_first, *free_last;
    struct slot_queue waiting; // for their turn to connect
    struct endpoint *next_waiting;
    bool is_waiting;
    uint32_t in_flight, connecting;
};

struct endpoint *fanfare_endpoint_of(const fanfare_loop *loop, uint32_t id);
void fanfare_endpoint_free(fanfare_loop *loop, struct endpoint *endpoint);
void fanfare_endpoint_leave_http2(struct endpoint *endpoint);

// MARK: proxies.c

fanfare_result fanfare_endpoint_take_proxy(struct endpoint *endpoint, const fanfare_endpoint_config *config);
// The host and port that connections go to. To be freed with `free`; NULL: malformed or out of memory.
char *fanfare_proxy_parse(const char *url, uint16_t *port);
CURLcode fanfare_proxy_configure(CURL *easy, const struct endpoint *endpoint);

// MARK: tls.c

fanfare_result fanfare_endpoint_take_tls(struct endpoint *endpoint, const fanfare_endpoint_config *config);
void fanfare_endpoint_free_tls(struct endpoint *endpoint);
CURLcode fanfare_tls_configure(CURL *easy, const struct endpoint *endpoint);
// What of TLS a transfer failed by; `text` is libcurl's.
fanfare_tls_problem fanfare_tls_problem_of(CURL *easy, CURLcode code, const char *text);
// Whether the transfer's connection has bytes that are decrypted and that nobody has read. Not known: it has none.
bool fanfare_tls_has_unread(CURL *easy);

// MARK: handles.c

// A socket opened for a transfer, as long as it is not known what became of it.
struct attempt {
    curl_socket_t fd;
    uint32_t generation;
};

// An easy handle, bound to its endpoint and shard for life, so that it finds its connection again.
struct handle {
    CURL *easy;
    fanfare_loop *loop;
    struct endpoint *endpoint;
    uint32_t shard;
    struct slot *slot; // NULL: free
    struct handle *next, *previous; // free: its endpoint's list; in use: the loop's
    uint32_t timeout_ms;            // what the easy handle was last told
    bool has_target, connecting;
    curl_socket_t connection; // over which its request was sent; CURL_SOCKET_BAD: none
    bool multiplexes; // bound to the shard for HTTP/2
    char *error;      // libcurl's text of a failure, CURL_ERROR_SIZE; NULL: the endpoint is not https
    struct attempt *attempts;
    uint32_t attempt_count, attempt_capacity;
};

// A free handle, or a new one. NULL: out of memory.
struct handle *fanfare_handle_take(fanfare_loop *loop, struct endpoint *endpoint);
void fanfare_handle_give_back(struct handle *handle);
void fanfare_handle_free(struct handle *handle);
bool fanfare_endpoint_is_warm(const struct endpoint *endpoint);

// MARK: inspection.c

struct inspection;
CURLcode fanfare_inspection_configure(struct handle *handle);
void fanfare_inspection_begin(struct handle *handle);
// While libcurl still knows the transfer.
void fanfare_inspection_finish(struct handle *handle);
void fanfare_inspection_free(struct inspection *inspection);

// Print into `text` as `snprintf` does; negative: out of memory.
int fanfare_url_print_target(CURLU *url, char *text, size_t capacity);
int fanfare_url_print_host(CURLU *url, char *text, size_t capacity);

// MARK: transfers.c

void fanfare_transfer_admit(fanfare_loop *loop, struct slot *slot);
void fanfare_transfer_start_waiting(fanfare_loop *loop);
// Reads the outcome from libcurl, frees the handle; the slot goes to the loop's list of the finished.
void fanfare_transfer_finish(struct handle *handle, CURLcode code);
// Ends those of an endpoint that wait for their turn to connect.
void fanfare_transfer_end_waiting(fanfare_loop *loop, struct endpoint *endpoint, uint32_t flags, CURLcode code);
// Ends all: waiting and in flight.
void fanfare_transfer_end_all(fanfare_loop *loop, uint32_t flags, CURLcode code);
// A connection is being made for the transfer, or no longer.
void fanfare_transfer_set_connecting(struct handle *handle, bool connecting);
int fanfare_on_prerequest(void *handle, char *peer_ip, char *local_ip, int peer_port, int local_port);

// MARK: loop.c

struct fanfare_loop {
    struct socket_table sockets;
    int wake_fd;
    CURLSH *share;  // the DNS cache of all shards
    CURL *resolver; // puts addresses into it; never connects

    struct shard **shards;
    int64_t *due_us; // per shard, INT64_MAX: nothing due
    uint32_t *touched;
    uint32_t shard_count, shard_capacity, touched_count;
    uint32_t multiplexing_shard; // UINT32_MAX: not made yet

    struct origin *origins;
    struct endpoint **endpoints; // by index; the id has the generation too
    uint32_t *endpoint_generations;
    uint32_t endpoint_count;

    struct handle *in_use;
    struct endpoint *waiting_first, *waiting_last;
    uint32_t waiting_endpoints, connecting;

    struct slot_queue free_slots;
    struct slot_queue finished; // no completion handed out yet
    struct slot_queue shown;    // handed out by the last poll: their excerpts are still in use
    size_t in_flight;

    fanfare_address_range *allowed;
    size_t allowed_count;
    uint32_t max_connecting, max_connecting_per_endpoint, max_in_flight, max_sockets;

    struct inspection *inspection; // NULL: nothing is inspected
    struct watchdog *watchdog;     // NULL: no endpoint has been offered HTTP/2
    int multi_code; // not 0: poisoned
    int system_error;
    int64_t now_us;
    bool must_reorder; // the addresses of some origin
    struct epoll_event events[EVENTS_AT_A_TIME];
};

int64_t fanfare_now_us(void);

// MARK: egress.c

bool fanfare_egress_permits_sockaddr(const fanfare_loop *loop, const struct sockaddr *address);
