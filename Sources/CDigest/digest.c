// What OpenSSL 3 recommends in the place of these functions takes half as long again for a webhook's few hundred bytes,
// and can fail.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "include/CDigest.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

void fanfare_sha256(const void *bytes, size_t count, uint8_t *digest) {
    SHA256_CTX state;
    SHA256_Init(&state);
    SHA256_Update(&state, bytes, count);
    SHA256_Final(digest, &state);
    OPENSSL_cleanse(&state, sizeof state); // of a key's block, perhaps
}
