// Forward proxies: where connections go instead of the receiver.
#include "internal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static char *host_without_brackets(const char *host) {
    size_t length = strlen(host);
    bool has_brackets = length > 1 && host[0] == '[' && host[length - 1] == ']';
    char *copy = has_brackets ? strndup(host + 1, length - 2) : strdup(host);
    for (char *c = copy; c && *c; c++) if (*c >= 'A' && *c <= 'Z') *c = (char)(*c | 0x20);
    return copy;
}

char *fanfare_proxy_parse(const char *text, uint16_t *port) {
    char *scheme = NULL, *host = NULL, *number = NULL, *found = NULL;
    CURLU *url = curl_url();
    // The port has to be written: libcurl's default for a proxy, 1080, is nobody's.
    if (url && curl_url_set(url, CURLUPART_URL, text, CURLU_DISALLOW_USER | CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK
        && curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK && strcasecmp(scheme, "http") == 0
        && curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK
        && curl_url_get(url, CURLUPART_PORT, &number, 0) == CURLUE_OK) {
        *port = (uint16_t)atoi(number);
        found = *port > 0 ? host_without_brackets(host) : NULL;
    }
    curl_free(scheme);
    curl_free(host);
    curl_free(number);
    curl_url_cleanup(url);
    return found;
}

fanfare_result fanfare_proxy_host(const char *url, char *host, size_t capacity, bool *is_address) {
    uint16_t port;
    char *name = fanfare_proxy_parse(url, &port);
    bool fits = name && strlen(name) < capacity;
    if (fits) {
        memcpy(host, name, strlen(name) + 1);
        *is_address = fanfare_is_address(name);
    }
    free(name);
    return fits ? FANFARE_OK : FANFARE_INVALID_ARGUMENT;
}

fanfare_result fanfare_endpoint_take_proxy(struct endpoint *endpoint, const fanfare_endpoint_config *config) {
    if (!config->proxy) return FANFARE_OK;
    uint16_t port;
    char *host = fanfare_proxy_parse(config->proxy, &port);
    if (!host) return FANFARE_INVALID_ARGUMENT;
    free(host);
    endpoint->proxy = strdup(config->proxy);
    if (config->proxy_username) endpoint->proxy_username = strdup(config->proxy_username);
    if (config->proxy_password) endpoint->proxy_password = strdup(config->proxy_password);
    bool copied = endpoint->proxy && (!config->proxy_username || endpoint->proxy_username)
        && (!config->proxy_password || endpoint->proxy_password);
    return copied ? FANFARE_OK : FANFARE_OUT_OF_MEMORY;
}

CURLcode fanfare_proxy_configure(CURL *easy, const struct endpoint *endpoint) {
    CURLcode code = CURLE_OK;
#define SET(option, value) if (code == CURLE_OK) code = curl_easy_setopt(easy, option, value)
    // Empty: the environment's http_proxy and no_proxy mean other programs.
    SET(CURLOPT_PROXY, endpoint->proxy ? endpoint->proxy : "");
    SET(CURLOPT_NOPROXY, "");
    if (!endpoint->proxy) return code;
    if (endpoint->proxy_username) SET(CURLOPT_PROXYUSERNAME, endpoint->proxy_username);
    if (endpoint->proxy_password) SET(CURLOPT_PROXYPASSWORD, endpoint->proxy_password);
    // What a proxy says to CONNECT is not the receiver's answer.
    SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
#undef SET
    return code;
}
