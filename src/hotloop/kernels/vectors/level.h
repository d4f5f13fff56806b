/* All primitives for one instruction-set level. Before including it define
     LEVEL         the suffix of the names, e.g. x86_64_v3
     LEVEL_NAME    the public name, e.g. "x86-64-v3"
     VECTOR_BYTES  16, 32 or 64: the register width of the level. Wider vectors than registers split and spill, 10 to 25 times slower.
   The order of every sum depends on n and the level alone, so results repeat to the bit on any CPU of the level. */
#include <stdint.h>
#include <string.h>
#include "vectors.h"

#define JOIN_(a, b, c) a##_##b##_##c
#define JOIN(a, b, c) JOIN_(a, b, c)

#define REAL float
#define INT int32_t
#define SHORT f32
#define TAIL_LANES 4
#define MANTISSA_BITS 23
#define EXPONENT_BIAS 127
#define EXP_LIMIT 87.0f
#define LN2_HIGH 0.693359375f          /* ln 2 = high + low; n * high is exact for the n that occur (Cody and Waite 1980) */
#define LN2_LOW (-2.12194440054690583e-4f)
#define TERMS 8
#include "primitives.h"
#undef REAL
#undef INT
#undef SHORT
#undef MANTISSA_BITS
#undef EXPONENT_BIAS
#undef EXP_LIMIT
#undef LN2_HIGH
#undef LN2_LOW
#undef TERMS
#undef TAIL_LANES

#define REAL double
#define INT int64_t
#define SHORT f64
#define TAIL_LANES 2
#define MANTISSA_BITS 52
#define EXPONENT_BIAS 1023
#define EXP_LIMIT 708.0
#define LN2_HIGH 6.93147180369123816490e-01
#define LN2_LOW 1.90821492927058770002e-10
#define TERMS 14
#include "primitives.h"

/* Adds weight times loss of the first n rows of a group, n a multiple of 8: log(1 + exp(u)) = max(u, 0) + log(1 + e), (LR-3), with
   e = exp(-|u|). log(1 + e) is 2 artanh(e / (2 + e)), whose series falls by 9 a term; what is left out is below 9^-16 / 33 of it. */
static void JOIN(losses, of, LEVEL)(ptrdiff_t n, struct group *rows, double *loss)
{
    typedef JOIN(vec, f64, LEVEL) VEC;
    typedef JOIN(ivec, f64, LEVEL) IVEC;
    static const double inverse_odd[] = {1,        1.0 / 3,  1.0 / 5,  1.0 / 7,  1.0 / 9,  1.0 / 11, 1.0 / 13, 1.0 / 15,
                                         1.0 / 17, 1.0 / 19, 1.0 / 21, 1.0 / 23, 1.0 / 25, 1.0 / 27, 1.0 / 29, 1.0 / 31};
    const VEC zero = {0};
    for (ptrdiff_t s = 0; s < n; s += VECTOR_BYTES / 8) {
        const VEC u = *(const VEC *)(rows->margin + s);
        const VEC top = (VEC)((IVEC)(u > zero) & (IVEC)u);
        const VEC e = JOIN(exp_vec, f64, LEVEL)(u - 2 * top), q = e / (2 + e), square = q * q;
        VEC p = zero + inverse_odd[15];
        for (int k = 14; k >= 0; k--) p = p * square + inverse_odd[k];
        *(VEC *)(rows->margin + s) = *(const VEC *)(rows->weight + s) * (2 * q * p + top);
    }
    /* block by block, so that the sum does not depend on where a pass is cut */
    const double *m = rows->margin;
    for (ptrdiff_t s = 0; s < n; s += 4) *loss += (m[s] + m[s + 1]) + (m[s + 2] + m[s + 3]);
}

#define TABLE(SHORT)                                                                                          \
    {                                                                                                         \
        JOIN(dot, SHORT, LEVEL), JOIN(scale_add, SHORT, LEVEL), JOIN(accumulate, SHORT, LEVEL),               \
        JOIN(standardize, SHORT, LEVEL), JOIN(block, SHORT, LEVEL), JOIN(finish, SHORT, LEVEL),               \
        JOIN(recurrence, SHORT, LEVEL), JOIN(exponential, SHORT, LEVEL), JOIN(logistic, SHORT, LEVEL)        \
    }

const struct vectors JOIN(vectors, of, LEVEL) = {LEVEL_NAME, JOIN(losses, of, LEVEL), TABLE(f32), TABLE(f64)};
