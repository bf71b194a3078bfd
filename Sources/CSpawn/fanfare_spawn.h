// What glibc (2.34 and later) has for starting programs and Swift's Glibc leaves out, as it asks for no GNU extensions.
#pragma once

#include <spawn.h>

/// Has a program begin without any file from a number on, whatever other threads open meanwhile: they are closed in the
/// new process.
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);
