/* level.h compiled for LEVEL_TARGET; nothing at all on other machines. */
#if defined(__x86_64__)
#include <stdint.h>
#include <string.h>
#define PRAGMA_(x) _Pragma(#x)
#define PRAGMA(x) PRAGMA_(x)
#if defined(__clang__)
PRAGMA(clang attribute push(__attribute__((target(LEVEL_TARGET))), apply_to = function))
#else
PRAGMA(GCC target(LEVEL_TARGET))
#endif
#include "level.h"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#else
typedef int hotloop_not_for_this_machine; /* ISO C wants something in a file */
#endif
