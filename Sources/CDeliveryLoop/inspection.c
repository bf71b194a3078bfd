// What a person wants to see of a single transfer: the whole answer, the certificates, the address that was used.
// Only loops that were told to inspect pay for it.
#include "internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CERTIFICATES_CAP = 64 * 1024, LINE_CAP = 256 };

struct inspection {
    fanfare_inspection shown; // points into what follows
    bool connect_only;
    size_t headers_length, body_length, certificates_length;
    char headers[RESPONSE_CAP];
    uint8_t body[RESPONSE_CAP];
    char certificates[CERTIFICATES_CAP];
    char error[CURL_ERROR_SIZE];
    char tls[LINE_CAP];
};

fanfare_result fanfare_loop_inspect(fanfare_loop *loop, bool connect_only) {
    if (!loop->inspection) loop->inspection = calloc(1, sizeof *loop->inspection);
    if (!loop->inspection) return FANFARE_OUT_OF_MEMORY;
    loop->inspection->connect_only = connect_only;
    return FANFARE_OK;
}

const fanfare_inspection *fanfare_loop_inspection(const fanfare_loop *loop) {
    return loop->inspection ? &loop->inspection->shown : NULL;
}

void fanfare_inspection_free(struct inspection *inspection) { free(inspection); }

static size_t append(void *to, size_t used, size_t capacity, const void *bytes, size_t length) {
    size_t kept = length < capacity - used ? length : capacity - used;
    memcpy((char *)to + used, bytes, kept);
    return used + kept;
}

static size_t on_header(char *line, size_t size, size_t count, void *user) {
    struct handle *handle = user;
    struct inspection *kept = handle->loop->inspection;
    kept->headers_length = append(kept->headers, kept->headers_length, sizeof kept->headers, line, size * count);
    return fanfare_on_header(line, size, count, &handle->slot);
}

static size_t on_body(char *bytes, size_t size, size_t count, void *user) {
    struct handle *handle = user;
    struct inspection *kept = handle->loop->inspection;
    kept->body_length = append(kept->body, kept->body_length, sizeof kept->body, bytes, size * count);
    return fanfare_on_body(bytes, size, count, &handle->slot);
}

// libcurl names version and cipher nowhere else, whatever TLS library it was built with.
static int on_debug(CURL *easy, curl_infotype type, char *text, size_t length, void *user) {
    (void)easy;
    static const char intro[] = "SSL connection using ";
    struct handle *handle = user;
    struct inspection *kept = handle->loop->inspection;
    if (type != CURLINFO_TEXT || length < sizeof intro || memcmp(text, intro, sizeof intro - 1) != 0) return 0;
    size_t line = length - (sizeof intro - 1);
    if (text[length - 1] == '\n') line--;
    if (line >= sizeof kept->tls) line = sizeof kept->tls - 1;
    memcpy(kept->tls, text + sizeof intro - 1, line);
    kept->tls[line] = 0;
    return 0;
}

CURLcode fanfare_inspection_configure(struct handle *handle) {
    if (!handle->loop->inspection) return CURLE_OK;
    CURL *easy = handle->easy;
    CURLcode code = CURLE_OK;
#define SET(option, value) if (code == CURLE_OK) code = curl_easy_setopt(easy, option, value)
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_HEADERDATA, handle);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, handle);
    SET(CURLOPT_VERBOSE, 1L); // to the callback alone, which prints nothing
    SET(CURLOPT_DEBUGFUNCTION, on_debug);
    SET(CURLOPT_DEBUGDATA, handle);
    SET(CURLOPT_ERRORBUFFER, handle->loop->inspection->error);
    SET(CURLOPT_CERTINFO, 1L);
    SET(CURLOPT_CONNECT_ONLY, handle->loop->inspection->connect_only ? 1L : 0L);
#undef SET
    return code;
}

void fanfare_inspection_begin(struct handle *handle) {
    struct inspection *kept = handle->loop->inspection;
    if (!kept) return;
    kept->shown = (fanfare_inspection){0};
    kept->headers_length = kept->body_length = kept->certificates_length = 0;
    kept->error[0] = kept->tls[0] = 0;
}

static void add_certificate_line(struct inspection *kept, const char *line, size_t length) {
    kept->certificates_length =
        append(kept->certificates, kept->certificates_length, sizeof kept->certificates, line, length);
}

// `Name:value` lines, an empty one after each certificate; without the PEM form, and without the signature, which is
// no help to anybody.
static void read_certificates(CURL *easy, struct inspection *kept) {
    struct curl_certinfo *chain = NULL;
    if (curl_easy_getinfo(easy, CURLINFO_CERTINFO, &chain) != CURLE_OK || !chain) return;
    for (int i = 0; i < chain->num_of_certs; i++) {
        for (struct curl_slist *line = chain->certinfo[i]; line; line = line->next) {
            if (strncmp(line->data, "Cert:", 5) == 0 || strchr(line->data, '\n')) continue;
            add_certificate_line(kept, line->data, strlen(line->data));
            add_certificate_line(kept, "\n", 1);
        }
        add_certificate_line(kept, "\n", 1);
    }
}

static uint16_t version_of(long version) {
    switch (version) {
    case CURL_HTTP_VERSION_1_0: return 10;
    case CURL_HTTP_VERSION_1_1: return 11;
    case CURL_HTTP_VERSION_2_0: return 20;
    case CURL_HTTP_VERSION_3: return 30;
    default: return 0;
    }
}

void fanfare_inspection_finish(struct handle *handle) {
    struct inspection *kept = handle->loop->inspection;
    if (!kept) return;
    char *address = NULL;
    long version = 0;
    curl_easy_getinfo(handle->easy, CURLINFO_PRIMARY_IP, &address);
    curl_easy_getinfo(handle->easy, CURLINFO_HTTP_VERSION, &version);
    read_certificates(handle->easy, kept);
    kept->shown = (fanfare_inspection){
        .headers = kept->headers,
        .body = kept->body,
        .certificates = kept->certificates,
        .error = kept->error,
        .tls = kept->tls,
        .headers_length = kept->headers_length,
        .body_length = kept->body_length,
        .certificates_length = kept->certificates_length,
        .http_version = version_of(version),
    };
    size_t length = address ? strlen(address) : 0;
    if (length < sizeof kept->shown.address) memcpy(kept->shown.address, address ? address : "", length + 1);
}

// Joins path and query, which libcurl keeps apart.
int fanfare_url_print_target(CURLU *url, char *target, size_t capacity) {
    char *path = NULL, *query = NULL;
    int length = -1;
    if (curl_url_get(url, CURLUPART_PATH, &path, 0) == CURLUE_OK) {
        bool asks = curl_url_get(url, CURLUPART_QUERY, &query, 0) == CURLUE_OK;
        length = snprintf(target, capacity, "%s%s%s", path, asks ? "?" : "", asks ? query : "");
    }
    curl_free(path);
    curl_free(query);
    return length;
}

int fanfare_url_print_host(CURLU *url, char *host, size_t capacity) {
    char *name = NULL, *port = NULL;
    int length = -1;
    if (curl_url_get(url, CURLUPART_HOST, &name, 0) == CURLUE_OK) {
        bool shown = curl_url_get(url, CURLUPART_PORT, &port, CURLU_NO_DEFAULT_PORT) == CURLUE_OK;
        length = snprintf(host, capacity, "%s%s%s", name, shown ? ":" : "", shown ? port : "");
    }
    curl_free(name);
    curl_free(port);
    return length;
}

fanfare_result fanfare_url_parts(
    const char *text, char *host, size_t host_capacity, char *target, size_t target_capacity) {
    CURLU *url = curl_url();
    if (!url) return FANFARE_OUT_OF_MEMORY;
    fanfare_result result = FANFARE_INVALID_ARGUMENT;
    if (curl_url_set(url, CURLUPART_URL, text, CURLU_DISALLOW_USER | CURLU_PATH_AS_IS) == CURLUE_OK) {
        int host_length = fanfare_url_print_host(url, host, host_capacity);
        int target_length = fanfare_url_print_target(url, target, target_capacity);
        if (host_length >= 0 && target_length >= 0) {
            bool fits = (size_t)host_length < host_capacity && (size_t)target_length < target_capacity;
            result = fits ? FANFARE_OK : FANFARE_OUT_OF_MEMORY;
        }
    }
    curl_url_cleanup(url);
    return result;
}
