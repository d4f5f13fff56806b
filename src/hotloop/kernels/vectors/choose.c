#include <string.h>
#include "vectors.h"

extern const struct vectors vectors_of_baseline;
#if defined(__x86_64__)
extern const struct vectors vectors_of_x86_64_v3, vectors_of_x86_64_v4;
#endif

const struct vectors *vectors_of_level(const char *level)
{
    if (!strcmp(level, "baseline")) return &vectors_of_baseline;
#if defined(__x86_64__)
    __builtin_cpu_init();
    /* the features of the level that the compiler may use in this code, by name: older compilers lack the levels' own names */
    const int v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
    const int v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
                   __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    if (v3 && !strcmp(level, "x86-64-v3")) return &vectors_of_x86_64_v3;
    if (v4 && !strcmp(level, "x86-64-v4")) return &vectors_of_x86_64_v4;
#endif
    return NULL;
}
