// Checks the signatures of Standard Webhooks (symmetric, "v1"): HMAC-SHA256 over "ID.TIMESTAMP.BODY", as base64.
// Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
//
// Built in with -DVERIFIES and OpenSSL's libcrypto; without it every secret is refused.
#ifndef SIGNATURES_H
#define SIGNATURES_H
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "request_head.h"

#ifdef VERIFIES
#include <openssl/evp.h>

enum { SIGNATURE_LENGTH = 44, SECRET_MAX = 96 };  // base64 of 32 bytes; a secret has at most 64

// Of one connection: the request whose body is being read.
struct signature_check {
    EVP_MAC_CTX *mac;
    char expected[256];  // the header's value
};

static EVP_MAC_CTX *signature_key;

// Takes "whsec_BASE64". Returns false when it is none.
static bool signatures_set_key(const char *secret) {
    size_t length = strlen(secret);
    if (strncmp(secret, "whsec_", 6) != 0 || length - 6 > SECRET_MAX || (length - 6) % 4 != 0) return false;
    unsigned char key[SECRET_MAX];
    int count = EVP_DecodeBlock(key, (const unsigned char *)secret + 6, (int)length - 6);
    while (count > 0 && secret[length - 1] == '=') {
        count--;  // EVP_DecodeBlock counts the padding
        length--;
    }
    if (count <= 0) return false;
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    char digest[] = "SHA256";
    OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string("digest", digest, 0), OSSL_PARAM_construct_end()};
    signature_key = EVP_MAC_CTX_new(hmac);
    EVP_MAC_free(hmac);
    return signature_key && EVP_MAC_init(signature_key, key, (size_t)count, parameters) == 1;
}

static bool signatures_are_checked(void) { return signature_key != NULL; }

static void signature_drop(struct signature_check *check) {
    if (!check) return;
    EVP_MAC_CTX_free(check->mac);
    free(check);
}

static void signature_add(struct signature_check *check, const char *bytes, size_t length) {
    if (check) EVP_MAC_update(check->mac, (const unsigned char *)bytes, length);
}

// Begins with a request's head. Returns NULL when the request is not signed.
static struct signature_check *signature_begin(const struct fields *fields) {
    struct signature_check *check = NULL;
    bool is_signed = fields->id && fields->timestamp && fields->signature;
    if (!is_signed || fields->signature_length >= sizeof check->expected) return NULL;
    check = calloc(1, sizeof *check);
    if (!check) return NULL;
    memcpy(check->expected, fields->signature, fields->signature_length);
    check->mac = EVP_MAC_CTX_dup(signature_key);
    signature_add(check, fields->id, fields->id_length);
    signature_add(check, ".", 1);
    signature_add(check, fields->timestamp, fields->timestamp_length);
    signature_add(check, ".", 1);
    return check;
}

// Ends with the body. Returns whether one of the header's signatures is right; a NULL check has none.
static bool signature_end(struct signature_check *check) {
    if (!check) return false;
    unsigned char digest[32], text[SIGNATURE_LENGTH + 1];
    size_t length = 0;
    bool holds = false;
    if (EVP_MAC_final(check->mac, digest, &length, sizeof digest) == 1 && length == sizeof digest) {
        EVP_EncodeBlock(text, digest, sizeof digest);
        char *rest = check->expected;
        for (char *one; (one = strsep(&rest, " "));) {
            if (strncmp(one, "v1,", 3) == 0 && strcmp(one + 3, (char *)text) == 0) holds = true;
        }
    }
    signature_drop(check);
    return holds;
}
#else
struct signature_check;
static bool signatures_set_key(const char *secret) {
    (void)secret;
    fprintf(stderr, "this receiver was built without -DVERIFIES\n");
    return false;
}
static bool signatures_are_checked(void) { return false; }
static void signature_drop(struct signature_check *check) { (void)check; }
static void signature_add(struct signature_check *check, const char *bytes, size_t length) {
    (void)check, (void)bytes, (void)length;
}
static struct signature_check *signature_begin(const struct fields *fields) {
    (void)fields;
    return NULL;
}
static bool signature_end(struct signature_check *check) {
    (void)check;
    return false;
}
#endif
#endif
