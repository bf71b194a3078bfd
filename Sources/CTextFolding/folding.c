#define _GNU_SOURCE
#include "include/CTextFolding.h"

#include <locale.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdint.h>
#include <wctype.h>

static locale_t unicode;
static pthread_once_t unicode_once = PTHREAD_ONCE_INIT;

static void open_unicode(void) {
    unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

/// Upper case first, so that letters with two lower-case forms (final sigma, long s, micro) meet. The dotless and the
/// dotted i of Turkish are letters of their own.
static uint32_t fold_character(uint32_t character) {
    if (character == 0x130 || character == 0x131) return character;
    return (uint32_t)towlower_l(towupper_l((wint_t)character, unicode), unicode);
}

/// Decodes the character at `input`; returns its length, or 0 when the bytes are no UTF-8.
static size_t decode(const unsigned char *input, size_t length, uint32_t *character) {
    unsigned char first = input[0];
    size_t count = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (first < 0xc2 || first > 0xf4 || count > length) return 0;
    uint32_t value = first & (0x7fU >> count);
    for (size_t index = 1; index < count; index++) {
        if ((input[index] & 0xc0) != 0x80) return 0;
        value = value << 6 | (input[index] & 0x3fU);
    }
    *character = value;
    return count;
}

static size_t encode(uint32_t character, unsigned char *output) {
    if (character < 0x80) {
        output[0] = (unsigned char)character;
        return 1;
    }
    if (character < 0x800) {
        output[0] = (unsigned char)(0xc0 | character >> 6);
        output[1] = (unsigned char)(0x80 | (character & 0x3f));
        return 2;
    }
    if (character < 0x10000) {
        output[0] = (unsigned char)(0xe0 | character >> 12);
        output[1] = (unsigned char)(0x80 | (character >> 6 & 0x3f));
        output[2] = (unsigned char)(0x80 | (character & 0x3f));
        return 3;
    }
    output[0] = (unsigned char)(0xf0 | character >> 18);
    output[1] = (unsigned char)(0x80 | (character >> 12 & 0x3f));
    output[2] = (unsigned char)(0x80 | (character >> 6 & 0x3f));
    output[3] = (unsigned char)(0x80 | (character & 0x3f));
    return 4;
}

long fanfare_fold(const char *input, size_t length, char *output) {
    const unsigned char *from = (const unsigned char *)input;
    unsigned char *to = (unsigned char *)output;
    size_t read = 0, written = 0;
    while (read < length) {
        unsigned char byte = from[read];
        if (byte < 0x80) {
            to[written++] = byte >= 'A' && byte <= 'Z' ? (unsigned char)(byte | 0x20) : byte;
            read += 1;
            continue;
        }
        pthread_once(&unicode_once, open_unicode);
        if (unicode == (locale_t)0) return -1;
        uint32_t character;
        size_t count = decode(from + read, length - read, &character);
        if (count == 0) {
            to[written++] = byte;
            read += 1;
            continue;
        }
        written += encode(fold_character(character), to + written);
        read += count;
    }
    return (long)written;
}

static void fold_function(sqlite3_context *context, int count, sqlite3_value **values) {
    (void)count;
    if (sqlite3_value_type(values[0]) == SQLITE_NULL) return;
    const char *text = (const char *)sqlite3_value_text(values[0]);
    if (text == NULL) {
        sqlite3_result_error_nomem(context);
        return;
    }
    size_t length = (size_t)sqlite3_value_bytes(values[0]);
    char small[512];
    char *output = small;
    if (2 * length > sizeof small) output = sqlite3_malloc64(2 * length);
    if (output == NULL) {
        sqlite3_result_error_nomem(context);
        return;
    }
    long written = fanfare_fold(text, length, output);
    if (written < 0) {
        sqlite3_result_error(context, "the C library has no C.UTF-8 locale", -1);
    } else {
        sqlite3_result_text64(context, output, (sqlite3_uint64)written, SQLITE_TRANSIENT, SQLITE_UTF8);
    }
    if (output != small) sqlite3_free(output);
}

int fanfare_register_fold(void *connection) {
    pthread_once(&unicode_once, open_unicode);
    if (unicode == (locale_t)0) return SQLITE_ERROR;
    const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
    return sqlite3_create_function_v2(connection, "fold", 1, flags, NULL, fold_function, NULL, NULL, NULL);
}
