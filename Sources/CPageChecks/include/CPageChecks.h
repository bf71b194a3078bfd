#ifndef CPAGECHECKS_H
#define CPAGECHECKS_H

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// How many bytes at the end of each page hold its checksum.
#define FANFARE_PAGE_CHECK_BYTES 8

/// Registers the SQLite VFS "fanfare", which is the system's with a checksum on each page of a database file.
///
/// A file has checksums when its header says that 8 bytes of each page are kept free, which is settled when it is made
/// (`fanfare_keep_page_checks`); others are read and written as they are. A page whose checksum is not right is refused
/// with `SQLITE_IOERR_DATA`. What stands in a `-wal` has SQLite's own checksums until it is moved into the file.
///
/// It does not become the default: a file is opened through it by `vfs=fanfare` in its URI. Any thread; again is
/// harmless. Returns an SQLite result code.
int fanfare_register_page_checks(void);

/// Has the database that is about to be made on a connection (a `sqlite3 *`) keep checksums; without effect on one that
/// is there.
///
/// Thread: that of the connection. Returns an SQLite result code.
int fanfare_keep_page_checks(void *connection);

/// How many bytes of each page the database of a connection (a `sqlite3 *`) that has been read from keeps free:
/// `FANFARE_PAGE_CHECK_BYTES` where it has checksums.
///
/// Thread: that of the connection. Returns an SQLite result code.
int fanfare_reserved_bytes(void *connection, int *bytes);

/// The checksum of a page without its last 8 bytes; no single changed bit leaves it as it was.
///
/// `length` is a multiple of 8. Any thread.
uint64_t fanfare_page_check(const uint8_t *bytes, size_t length);

#pragma clang assume_nonnull end

#endif
