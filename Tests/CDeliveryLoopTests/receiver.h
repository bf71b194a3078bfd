// A scripted HTTP receiver on loopback, in a thread of its own. What it does with a request its path says:
//
//   /ok                  200, "ok"
//   /status/NNN[?HEADER] that status, with the header line after the question mark, "+" for a blank
//   /early               200 before the body is read
//   /hold                an answer only after receiver_release
//   /never               no answer
//   /reset               half of an answer's body, then a reset
//   /half                half of an answer's body, then an orderly close
//   /silent              closes without an answer, having read the request
//   /once                200 to a connection's first request; a later one is read and then closed unanswered
//   /bye                 200, then closes although the answer did not say so
//   /close               200, says that it closes, and closes
//   /big/N               200 with N bytes of body
//   /headers             headers without end
//   /interim             100 and 103 before the 200
//   /twice               a 200, and a moment later a 410 that nobody asked for
//   /chunked             a chunked 200 with trailers
//   /garbage             no HTTP at all
//   /echo                200 with the request's head as the body
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct receiver;

struct receiver_counts {
    atomic_ulong requests;    // complete ones, body included
    atomic_ulong body_bytes;  // of those
    atomic_ulong connections; // accepted
    atomic_ulong open;        // now
    atomic_ulong held;        // waiting for receiver_release
    atomic_ulong mismatches;  // bodies that were not what their X-Check header says
};

struct receiver *receiver_start(void);
void receiver_stop(struct receiver *receiver);
uint16_t receiver_port(const struct receiver *receiver);
struct receiver_counts *receiver_counts(struct receiver *receiver);
// Answers what is held and holds nothing more.
void receiver_release(struct receiver *receiver);
// Closes every connection.
void receiver_drop_all(struct receiver *receiver);
// Waits until the counter is at least (or, with `at_most`, at most) the value; false after five seconds.
bool receiver_await(const atomic_ulong *counter, unsigned long value, bool at_most);
