// What stands in for trust: authorities, the client's own certificate, and what a refusal was about.
#include "internal.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

// OpenSSL's X509_V_ERR_… as libcurl hands them on (openssl/x509_vfy.h); its headers are not needed for more.
enum {
    CHAIN_NO_ISSUER = 2,
    NOT_YET_VALID = 9,
    HAS_EXPIRED = 10,
    SELF_SIGNED = 18,
    SELF_SIGNED_IN_CHAIN = 19,
    CHAIN_NO_LOCAL_ISSUER = 20,
    CHAIN_UNVERIFIED_LEAF = 21,
    // libcurl begins with "not OK"; it stays when only the name is wrong, which libcurl compares itself.
    NO_RESULT = 1,
};

static fanfare_tls_problem problem_of_certificate(CURL *easy) {
    long result = 0;
    curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &result);
    switch (result) {
    case 0:
    case NO_RESULT: return FANFARE_TLS_OTHER_NAME;
    case NOT_YET_VALID:
    case HAS_EXPIRED: return FANFARE_TLS_EXPIRED;
    case SELF_SIGNED:
    case SELF_SIGNED_IN_CHAIN: return FANFARE_TLS_SELF_SIGNED;
    case CHAIN_NO_ISSUER:
    case CHAIN_NO_LOCAL_ISSUER:
    case CHAIN_UNVERIFIED_LEAF: return FANFARE_TLS_BROKEN_CHAIN;
    default: return FANFARE_TLS_BAD_CERTIFICATE;
    }
}

// Of alerts libcurl has only OpenSSL's words.
static fanfare_tls_problem problem_of_words(const char *text, fanfare_tls_problem otherwise) {
    static const struct {
        const char *words;
        fanfare_tls_problem problem;
    } known[] = {
        {"alert protocol version", FANFARE_TLS_OLD_VERSION},
        {"unsupported protocol", FANFARE_TLS_OLD_VERSION},
        {"wrong version number", FANFARE_TLS_NO_TLS},
        {"packet length too long", FANFARE_TLS_NO_TLS},
        {"http request", FANFARE_TLS_NO_TLS},
        {"certificate required", FANFARE_TLS_CLIENT_CERTIFICATE},
        {"alert bad certificate", FANFARE_TLS_CLIENT_CERTIFICATE},
        {"alert certificate expired", FANFARE_TLS_CLIENT_CERTIFICATE},
        {"alert certificate unknown", FANFARE_TLS_CLIENT_CERTIFICATE},
        {"alert unknown ca", FANFARE_TLS_CLIENT_CERTIFICATE},
        {"alert unsupported certificate", FANFARE_TLS_CLIENT_CERTIFICATE},
    };
    for (size_t i = 0; text && i < sizeof known / sizeof *known; i++) {
        if (strcasestr(text, known[i].words)) return known[i].problem;
    }
    return otherwise;
}

fanfare_tls_problem fanfare_tls_problem_of(CURL *easy, CURLcode code, const char *text) {
    switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION: return problem_of_certificate(easy);
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE: return FANFARE_TLS_OWN_FILES;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CIPHER: return problem_of_words(text, FANFARE_TLS_OTHER);
    // TLS 1.3 has the client finish first: what the receiver thinks of it comes when an answer is waited for.
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR: return problem_of_words(text, FANFARE_TLS_NONE);
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS: return FANFARE_TLS_BAD_CERTIFICATE;
    default: return FANFARE_TLS_NONE;
    }
}

// OpenSSL's SSL_pending. libcurl has loaded the library with itself, so that it need not be linked, nor its headers be
// installed, for one function. NULL: this libcurl has another library, or brings its own within it.
static int (*ssl_pending)(const void *ssl);
static pthread_once_t ssl_pending_once = PTHREAD_ONCE_INIT;

static void find_ssl_pending(void) { *(void **)(void *)&ssl_pending = dlsym(RTLD_DEFAULT, "SSL_pending"); }

bool fanfare_tls_has_unread(CURL *easy) {
    pthread_once(&ssl_pending_once, find_ssl_pending);
    struct curl_tlssessioninfo *session = NULL;
    if (!ssl_pending || curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &session) != CURLE_OK || !session) return false;
    bool is_openssl = session->backend == CURLSSLBACKEND_OPENSSL && session->internals;
    return is_openssl && ssl_pending(session->internals) > 0;
}

static bool copy(const char *text, char **to) {
    *to = text ? strdup(text) : NULL;
    return !text || *to;
}

fanfare_result fanfare_endpoint_take_tls(struct endpoint *endpoint, const fanfare_endpoint_config *config) {
    endpoint->skip_verification = config->skip_verification;
    const char *ca_file = config->ca_file ? config->ca_file : curl_version_info(CURLVERSION_NOW)->cainfo;
    bool copied = copy(ca_file, &endpoint->ca_file) && copy(config->certificate_file, &endpoint->certificate_file)
        && copy(config->key_file, &endpoint->key_file) && copy(config->key_password, &endpoint->key_password);
    return copied ? FANFARE_OK : FANFARE_OUT_OF_MEMORY;
}

void fanfare_endpoint_free_tls(struct endpoint *endpoint) {
    free(endpoint->ca_file);
    free(endpoint->certificate_file);
    free(endpoint->key_file);
    if (endpoint->key_password) explicit_bzero(endpoint->key_password, strlen(endpoint->key_password));
    free(endpoint->key_password);
}

CURLcode fanfare_tls_configure(CURL *easy, const struct endpoint *endpoint) {
    CURLcode code = CURLE_OK;
#define SET(option, value) if (code == CURLE_OK) code = curl_easy_setopt(easy, option, value)
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_SSL_VERIFYPEER, endpoint->skip_verification ? 0L : 1L);
    SET(CURLOPT_SSL_VERIFYHOST, endpoint->skip_verification ? 0L : 2L);
    // A CAPATH switches libcurl's cache of the parsed CAINFO off, and Debian's has one by default.
    SET(CURLOPT_CAPATH, NULL);
    SET(CURLOPT_CAINFO, endpoint->ca_file);
    if (!endpoint->certificate_file) return code;
    SET(CURLOPT_SSLCERT, endpoint->certificate_file);
    if (endpoint->key_file) SET(CURLOPT_SSLKEY, endpoint->key_file);
    // Without one OpenSSL would ask the terminal, and the loop would wait for a person.
    SET(CURLOPT_KEYPASSWD, endpoint->key_password ? endpoint->key_password : "");
#undef SET
    return code;
}

// MARK: Trying the files

static int listen_on_loopback(uint16_t *port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -1;
    if (bind(fd, (struct sockaddr *)(void *)&address, length) != 0 || listen(fd, 1) != 0
        || getsockname(fd, (struct sockaddr *)(void *)&address, &length) != 0) {
        close(fd);
        return -1;
    }
    *port = ntohs(address.sin_port);
    return fd;
}

// A handshake with ourselves, up to its first bytes: libcurl has read its files by then. No byte of it is answered.
static CURLcode handshake(CURLM *multi, int listener) {
    int peer = -1, running = 1, left;
    CURLcode code = CURLE_OPERATION_TIMEDOUT;
    char byte;
    for (int64_t end = fanfare_now_us() + 5000000; fanfare_now_us() < end;) {
        if (curl_multi_perform(multi, &running) != CURLM_OK) break;
        CURLMsg *message = curl_multi_info_read(multi, &left);
        if (message) code = message->data.result;
        if (message || running == 0) break;
        if (peer < 0) peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (peer >= 0 && recv(peer, &byte, 1, MSG_PEEK) == 1) {
            code = CURLE_OK;
            break;
        }
        curl_multi_poll(multi, NULL, 0, 5, NULL);
    }
    if (peer >= 0) close(peer);
    return code;
}

static CURLcode begin_handshake(const struct endpoint *endpoint, int listener, uint16_t port, char *reason) {
    CURL *easy = curl_easy_init();
    CURLM *multi = curl_multi_init();
    char url[64];
    snprintf(url, sizeof url, "https://127.0.0.1:%u/", port);
    CURLcode code = easy && multi ? fanfare_tls_configure(easy, endpoint) : CURLE_OUT_OF_MEMORY;
#define SET(option, value) if (code == CURLE_OK) code = curl_easy_setopt(easy, option, value)
    SET(CURLOPT_URL, url);
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_ERRORBUFFER, reason);
#undef SET
    if (code == CURLE_OK && curl_multi_add_handle(multi, easy) != CURLM_OK) code = CURLE_OUT_OF_MEMORY;
    if (code == CURLE_OK) {
        code = handshake(multi, listener);
        curl_multi_remove_handle(multi, easy);
    }
    if (multi) curl_multi_cleanup(multi);
    curl_easy_cleanup(easy);
    return code;
}

fanfare_result fanfare_tls_files_check(const fanfare_endpoint_config *config, char *reason, size_t capacity) {
    struct endpoint files = {0};
    char text[CURL_ERROR_SIZE] = "";
    uint16_t port = 0;
    fanfare_result result = fanfare_endpoint_take_tls(&files, config);
    int listener = result == FANFARE_OK ? listen_on_loopback(&port) : -1;
    if (result == FANFARE_OK && listener < 0) result = FANFARE_SYSTEM_ERROR;
    if (result == FANFARE_OK) {
        CURLcode code = begin_handshake(&files, listener, port, text);
        if (code == CURLE_OUT_OF_MEMORY) result = FANFARE_OUT_OF_MEMORY;
        else if (code != CURLE_OK) result = FANFARE_INVALID_ARGUMENT;
    }
    if (listener >= 0) close(listener);
    if (capacity > 0) snprintf(reason, capacity, "%s", text);
    fanfare_endpoint_free_tls(&files);
    return result;
}
