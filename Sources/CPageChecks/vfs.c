#define _DEFAULT_SOURCE // for the byte orders of endian.h
#include <endian.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <string.h>

#include "CPageChecks.h"

enum { HEADER = 100, RESERVED_AT = 20, SMALLEST_PAGE = 512 };

// A database file. Behind it in memory stands the system's own.
struct checked_file {
    sqlite3_file base;
    const char *name; // SQLite's; lives as long as the file is open
    bool has_checks;
};

static sqlite3_vfs *system_vfs;

static sqlite3_file *real(sqlite3_file *file) { return (sqlite3_file *)((struct checked_file *)file + 1); }
static const sqlite3_io_methods *its(sqlite3_file *file) { return real(file)->pMethods; }

// MARK: The file

// The file's header says whether its pages have room for checksums.
static void learn(struct checked_file *file, const void *bytes, int amount, sqlite3_int64 offset) {
    if (offset != 0 || amount < HEADER || memcmp(bytes, "SQLite format 3", 16) != 0) return;
    file->has_checks = ((const uint8_t *)bytes)[RESERVED_AT] == FANFARE_PAGE_CHECK_BYTES;
}

// Only whole pages have checksums; SQLite also reads a few bytes of the header by themselves.
static bool is_page(const struct checked_file *file, int amount) {
    return file->has_checks && amount >= SMALLEST_PAGE && (amount & (amount - 1)) == 0;
}

static uint64_t check_of(const void *page, int amount) {
    return htole64(fanfare_page_check(page, (size_t)amount - FANFARE_PAGE_CHECK_BYTES));
}

static int read_at(sqlite3_file *file, void *bytes, int amount, sqlite3_int64 offset) {
    struct checked_file *checked = (struct checked_file *)file;
    int code = its(file)->xRead(real(file), bytes, amount, offset);
    if (code != SQLITE_OK) return code;
    learn(checked, bytes, amount, offset);
    if (!is_page(checked, amount)) return SQLITE_OK;
    uint64_t check = check_of(bytes, amount);
    if (memcmp((uint8_t *)bytes + amount - FANFARE_PAGE_CHECK_BYTES, &check, sizeof check) == 0) return SQLITE_OK;
    sqlite3_log(SQLITE_IOERR_DATA, "a page at byte %lld of %s is not as it was written", offset, checked->name);
    return SQLITE_IOERR_DATA;
}

static int write_at(sqlite3_file *file, const void *bytes, int amount, sqlite3_int64 offset) {
    struct checked_file *checked = (struct checked_file *)file;
    learn(checked, bytes, amount, offset);
    if (is_page(checked, amount)) {
        // SQLite keeps nothing of its own in the reserved bytes of the page that it hands over.
        uint64_t check = check_of(bytes, amount);
        memcpy((uint8_t *)(uintptr_t)bytes + amount - FANFARE_PAGE_CHECK_BYTES, &check, sizeof check);
    }
    return its(file)->xWrite(real(file), bytes, amount, offset);
}

static int close_file(sqlite3_file *file) { return its(file)->xClose(real(file)); }
static int truncate_to(sqlite3_file *file, sqlite3_int64 size) { return its(file)->xTruncate(real(file), size); }
static int sync_file(sqlite3_file *file, int flags) { return its(file)->xSync(real(file), flags); }
static int size_of(sqlite3_file *file, sqlite3_int64 *size) { return its(file)->xFileSize(real(file), size); }
static int lock(sqlite3_file *file, int level) { return its(file)->xLock(real(file), level); }
static int unlock(sqlite3_file *file, int level) { return its(file)->xUnlock(real(file), level); }
static int is_reserved(sqlite3_file *file, int *answer) { return its(file)->xCheckReservedLock(real(file), answer); }
static int control(sqlite3_file *file, int what, void *value) { return its(file)->xFileControl(real(file), what, value); }
static int sector_size(sqlite3_file *file) { return its(file)->xSectorSize(real(file)); }
static int device(sqlite3_file *file) { return its(file)->xDeviceCharacteristics(real(file)); }

static int shm_map(sqlite3_file *file, int region, int size, int extends, void volatile **memory) {
    return its(file)->xShmMap(real(file), region, size, extends, memory);
}

static int shm_lock(sqlite3_file *file, int offset, int count, int flags) {
    return its(file)->xShmLock(real(file), offset, count, flags);
}

static void shm_barrier(sqlite3_file *file) { its(file)->xShmBarrier(real(file)); }
static int shm_unmap(sqlite3_file *file, int removes) { return its(file)->xShmUnmap(real(file), removes); }

// Version 2: without the calls for memory maps, which would read past the checks.
static const sqlite3_io_methods methods = {
    .iVersion = 2, .xClose = close_file, .xRead = read_at, .xWrite = write_at, .xTruncate = truncate_to,
    .xSync = sync_file, .xFileSize = size_of, .xLock = lock, .xUnlock = unlock, .xCheckReservedLock = is_reserved,
    .xFileControl = control, .xSectorSize = sector_size, .xDeviceCharacteristics = device, .xShmMap = shm_map,
    .xShmLock = shm_lock, .xShmBarrier = shm_barrier, .xShmUnmap = shm_unmap,
};

// MARK: The file system

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags) {
    (void)vfs;
    if (!(flags & SQLITE_OPEN_MAIN_DB)) return system_vfs->xOpen(system_vfs, name, file, flags, out_flags);
    struct checked_file *checked = (struct checked_file *)file;
    *checked = (struct checked_file){.name = name};
    int code = system_vfs->xOpen(system_vfs, name, real(file), flags, out_flags);
    // SQLite closes what has methods; a file that could not be opened has none.
    if (code == SQLITE_OK) file->pMethods = &methods;
    return code;
}

static int remove_file(sqlite3_vfs *vfs, const char *name, int syncs) {
    (void)vfs;
    return system_vfs->xDelete(system_vfs, name, syncs);
}

static int access_file(sqlite3_vfs *vfs, const char *name, int flags, int *answer) {
    (void)vfs;
    return system_vfs->xAccess(system_vfs, name, flags, answer);
}

static int full_path(sqlite3_vfs *vfs, const char *name, int room, char *path) {
    (void)vfs;
    return system_vfs->xFullPathname(system_vfs, name, room, path);
}

static int random_bytes(sqlite3_vfs *vfs, int count, char *bytes) {
    (void)vfs;
    return system_vfs->xRandomness(system_vfs, count, bytes);
}

static int sleep_for(sqlite3_vfs *vfs, int microseconds) {
    (void)vfs;
    return system_vfs->xSleep(system_vfs, microseconds);
}

static int time_in_days(sqlite3_vfs *vfs, double *days) {
    (void)vfs;
    return system_vfs->xCurrentTime(system_vfs, days);
}

static int time_in_milliseconds(sqlite3_vfs *vfs, sqlite3_int64 *milliseconds) {
    (void)vfs;
    return system_vfs->xCurrentTimeInt64(system_vfs, milliseconds);
}

static int last_error(sqlite3_vfs *vfs, int room, char *text) {
    (void)vfs;
    return system_vfs->xGetLastError(system_vfs, room, text);
}

int fanfare_register_page_checks(void) {
    // Version 2 has the clock in milliseconds. Extensions are not loaded, so the calls for libraries are left out.
    static sqlite3_vfs vfs = {
        .iVersion = 2, .zName = "fanfare", .xOpen = open_file, .xDelete = remove_file, .xAccess = access_file,
        .xFullPathname = full_path, .xRandomness = random_bytes, .xSleep = sleep_for, .xCurrentTime = time_in_days,
        .xGetLastError = last_error, .xCurrentTimeInt64 = time_in_milliseconds,
    };
    // Before SQLite is first used; a program that has used it keeps its own settings. What it allocates is not counted,
    // which would lock each time. What a small savepoint may take back is kept in memory: one that changes 20 pages, as
    // that of a single contact may, went to a temporary file with more calls than the write-ahead log itself. SQLite
    // writes as much to the file at once, and cannot write 128 KiB (`seekAndWriteFd` of os_unix.c): it says that the
    // disk is full.
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite3_config(SQLITE_CONFIG_STMTJRNL_SPILL, 124 << 10);
    int code = sqlite3_initialize();
    if (code != SQLITE_OK) return code;
    sqlite3_mutex *mutex = sqlite3_mutex_alloc(SQLITE_MUTEX_STATIC_VFS1);
    sqlite3_mutex_enter(mutex);
    if (!system_vfs) {
        sqlite3_vfs *found = sqlite3_vfs_find(NULL);
        if (!found || found->iVersion < 2) {
            code = SQLITE_ERROR;
        } else {
            vfs.szOsFile = found->szOsFile + (int)sizeof(struct checked_file);
            vfs.mxPathname = found->mxPathname;
            system_vfs = found;
            code = sqlite3_vfs_register(&vfs, 0);
        }
    }
    sqlite3_mutex_leave(mutex);
    return code;
}

int fanfare_keep_page_checks(void *connection) {
    int bytes = FANFARE_PAGE_CHECK_BYTES;
    return sqlite3_file_control(connection, "main", SQLITE_FCNTL_RESERVE_BYTES, &bytes);
}

int fanfare_reserved_bytes(void *connection, int *bytes) {
    *bytes = -1; // asks, and changes nothing
    return sqlite3_file_control(connection, "main", SQLITE_FCNTL_RESERVE_BYTES, bytes);
}
