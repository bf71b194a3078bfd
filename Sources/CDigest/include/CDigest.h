/// Digests by OpenSSL's libcrypto, which Debian's libcurl4 brings along.
#pragma once

#include <stddef.h>
#include <stdint.h>

/// The SHA-256 (FIPS 180-4) of `count` bytes, 32 bytes. Allocates nothing and does not fail; any thread.
void fanfare_sha256(const void *_Nullable bytes, size_t count, uint8_t *_Nonnull digest);
