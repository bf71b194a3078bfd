#ifndef CTEXTFOLDING_MD5_H
#define CTEXTFOLDING_MD5_H

#include <stddef.h>

/// Writes the MD5 (RFC 1321) of `length` bytes as 32 lower-case hexadecimal digits, without a final NUL. Any thread.
void fanfare_md5_hex(const char *input, size_t length, char *output);

#endif
