/* All primitives for one instruction-set level. Before including it define three names:
     LEVEL         the suffix of the names, such as x86_64_v3
     LEVEL_NAME    the public name, such as "x86-64-v3"
     VECTOR_BYTES  16, 32 or 64, the register width of the level. Wider vectors split and spill, 10 to 25 times slower.
   The order of every sum depends on n and the level alone, so results repeat to the bit on any CPU of the level. */
#include <stdint.h>
#include <string.h>
#ifdef __AVX2__
#include <immintrin.h> /* gathers, bits of a comparison: the vector extensions have none */
#endif
#include "vectors.h"

#define CONCAT_(a, b, c) a##_##b##_##c
#define CONCAT(a, b, c) CONCAT_(a, b, c)

/* Lanes of two vectors: 0, 1, ... of a, then those of b. I is the type of the mask, integers as wide as the lanes. */
#if defined(__clang__)
#define SHUFFLE(I, a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define SHUFFLE(I, a, b, ...) __builtin_shuffle(a, b, (I){__VA_ARGS__})
#endif

/* A float16 by its bits, exactly: the exponent is rebased by 127 - 15. Subnormal numbers come out right, too. */
static inline float CONCAT(half, value, LEVEL)(uint16_t h)
{
    const uint32_t magnitude = (uint32_t)(h & 0x7fff) << 13, special = magnitude >= 0x7c00u << 13 ? 0x7f800000u : 0;
    const uint32_t sign = (uint32_t)(h & 0x8000) << 16;
    uint32_t bits;
    float value;
    memcpy(&value, &magnitude, sizeof value);
    value *= 0x1p112f;
    memcpy(&bits, &value, sizeof bits);
    bits |= sign | special;
    memcpy(&value, &bits, sizeof value);
    return value;
}
#define half_value CONCAT(half, value, LEVEL)

/* Round function of `permute`, and what `drop` draws from: a 32-bit mixer by multiply and xor-shift, as the finaliser of
   MurmurHash3. */
static inline uint32_t CONCAT(mix, of, LEVEL)(uint32_t x)
{
    x ^= x >> 16, x *= 0x85ebca6bu, x ^= x >> 13, x *= 0xc2b2ae35u;
    return x ^ x >> 16;
}

/* Asks for the line at p, up to the second-level cache: few lines can be on their way to the first one. Into the first, ns a row on
   Zen 4 with AVX-512: 28 columns at random 34 instead of 21, 128 at random 71 and 50, 1,000 in order 300 and 166. */
#define PREFETCH(p) __builtin_prefetch(p, 0, 1)

enum width { NARROW, WIDE, READY }; /* of rows: see blocks.h */

#define REAL float
#define INT int32_t
#define SHORT f32
#define MANTISSA_BITS 23
#define EXPONENT_BIAS 127
#define EXP_LIMIT 87.0f
#define LN2_HIGH 0.693359375f          /* ln 2 = high + low; n * high is exact for the n that occur (Cody and Waite 1980) */
#define LN2_LOW (-2.12194440054690583e-4f)
#define TERMS 8
#include "primitives.h"
#define REAL double
#define INT int64_t
#define SHORT f64
#define MANTISSA_BITS 52
#define EXPONENT_BIAS 1023
#define EXP_LIMIT 708.0
#define LN2_HIGH 6.93147180369123816490e-01
#define LN2_LOW 1.90821492927058770002e-10
#define TERMS 14
#include "primitives.h"

static void CONCAT(prefetch, any, LEVEL)(ptrdiff_t n_bytes, const void *x)
{
    for (ptrdiff_t i = 0; i < n_bytes; i += 64) PREFETCH((const char *)x + i);
    PREFETCH((const char *)x + n_bytes - 1);
}

static void CONCAT(prefetch_pair, any, LEVEL)(ptrdiff_t n_bytes, const void *x, const void *y)
{
    for (ptrdiff_t i = 0; i < n_bytes; i += 64) {
        PREFETCH((const char *)x + i);
        PREFETCH((const char *)y + i);
    }
    PREFETCH((const char *)x + n_bytes - 1);
    PREFETCH((const char *)y + n_bytes - 1);
}

/* Columns are not checked yet: unsigned numbers overflow to some address, and prefetching any does no harm. */
#define PREFETCH_INDICES(INDEX, WIDTH)   \
    for (ptrdiff_t j = 0; j < n; j++)    \
    PREFETCH((const void *)((uintptr_t)base + (uintptr_t)((const INDEX *)indices)[j] * (uintptr_t)(WIDTH)))
static void CONCAT(prefetch_indices, any, LEVEL)(ptrdiff_t n, const void *indices, int wide, const void *base, ptrdiff_t width)
{
    if (wide)
        PREFETCH_INDICES(int64_t, width);
    else if (width == 4)
        PREFETCH_INDICES(int32_t, 4);
    else if (width == 8)
        PREFETCH_INDICES(int32_t, 8);
    else
        PREFETCH_INDICES(int32_t, width);
}
#undef PREFETCH_INDICES

static void CONCAT(permute, any, LEVEL)(uint64_t first, int low_bits, int high_bits, const uint32_t *keys, uint64_t *indices)
{
    const uint32_t low_mask = (uint32_t)(((uint64_t)1 << low_bits) - 1), high_mask = (uint32_t)(((uint64_t)1 << high_bits) - 1);
    uint32_t low[GROUP], high[GROUP];
    for (int i = 0; i < GROUP; i++) {
        low[i] = (uint32_t)(first + (uint64_t)i) & low_mask;
        high[i] = (uint32_t)((first + (uint64_t)i) >> low_bits) & high_mask;
    }
    for (int k = 0; k < ROUNDS; k += 2)
        for (int i = 0; i < GROUP; i++) {
            high[i] ^= CONCAT(mix, of, LEVEL)(low[i] ^ keys[k]) & high_mask;
            low[i] ^= CONCAT(mix, of, LEVEL)(high[i] ^ keys[k + 1]) & low_mask;
        }
    for (int i = 0; i < GROUP; i++) indices[i] = (uint64_t)high[i] << low_bits | low[i];
}

/* The same for both widths of index, by the lanes of the type that is as wide. */
static int CONCAT(take_columns, any, LEVEL)(ptrdiff_t n, const int32_t *p, int32_t last, int32_t *columns)
{
    return CONCAT(take_columns, f32, LEVEL)(n, p, last, columns);
}

static int CONCAT(take_columns_wide, any, LEVEL)(ptrdiff_t n, const int64_t *p, int64_t last, int32_t *columns)
{
    return CONCAT(take_columns, f64, LEVEL)(n, p, last, columns);
}

static ptrdiff_t CONCAT(count_descents, any, LEVEL)(ptrdiff_t n, const int32_t *p, int32_t last, int32_t *outside)
{
    return CONCAT(count_descents, f32, LEVEL)(n, p, last, outside);
}

static ptrdiff_t CONCAT(count_descents_wide, any, LEVEL)(ptrdiff_t n, const int64_t *p, int64_t last, int64_t *outside)
{
    return CONCAT(count_descents, f64, LEVEL)(n, p, last, outside);
}

/* The table of the level, each function by its name. */
const struct vectors CONCAT(vectors, of, LEVEL) = {
    .level = LEVEL_NAME,
#define PRIMITIVE(result, name, parameters, arguments)
#define COMMON(result, name, parameters) .name = CONCAT(name, any, LEVEL),
#include "table.h"
    .f32 = {
        .n_lanes = VECTOR_BYTES / sizeof(float),
#define PRIMITIVE(result, name, parameters, arguments) .name = CONCAT(name, f32, LEVEL),
#define COMMON(result, name, parameters)
#include "table.h"
    },
    .f64 = {
        .n_lanes = VECTOR_BYTES / sizeof(double),
#define PRIMITIVE(result, name, parameters, arguments) .name = CONCAT(name, f64, LEVEL),
#define COMMON(result, name, parameters)
#include "table.h"
    },
};
