#ifndef CTEXTFOLDING_H
#define CTEXTFOLDING_H

#include <stddef.h>

#pragma clang assume_nonnull begin

/// Folds UTF-8 so that texts that differ in case alone become the same bytes (simple case folding, one character to
/// one character; accents count). Bytes that are no UTF-8 are kept.
///
/// `output` must have room for 2 * `length` bytes; it may not overlap `input`. Any thread.
/// Returns the number of bytes written, or -1 when the C library has no C.UTF-8 locale.
long fanfare_fold(const char *input, size_t length, char *output);

/// Registers the SQL function `fold(text)` on a connection (a `sqlite3 *`): deterministic, and NULL stays NULL.
///
/// Thread: that of the connection. Returns an SQLite result code; `SQLITE_ERROR` when there is no C.UTF-8 locale.
int fanfare_register_fold(void *connection);

#pragma clang assume_nonnull end

#endif
