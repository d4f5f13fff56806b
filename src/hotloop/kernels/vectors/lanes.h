/* Vectors of one REAL type in GCC vector extensions (GCC and Clang), and how they are loaded, selected and summed. level.h includes
   this before all other headers of primitives, once for each type. */
#define NAME(stem) CONCAT(stem, SHORT, LEVEL)
#define LANES ((ptrdiff_t)(VECTOR_BYTES / sizeof(REAL)))
#define VEC NAME(vec)
#define IVEC NAME(ivec)
#define HALF NAME(half)
#define IHALF NAME(ihalf)
typedef REAL VEC __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(REAL)), may_alias));
typedef INT IVEC __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(REAL)), may_alias));
typedef REAL HALF __attribute__((vector_size(16), aligned(sizeof(REAL)), may_alias)); /* for what is left of a row */
typedef INT IHALF __attribute__((vector_size(16), aligned(sizeof(REAL)), may_alias));
#define LOAD(p) (*(const VEC *)(p))
#define STORE(p) (*(VEC *)(p))
#if MANTISSA_BITS == 23
#define ROOT __builtin_sqrtf
#else
#define ROOT __builtin_sqrt
#endif

#define QUAD NAME(quad)
#define IQUAD NAME(iquad)
typedef REAL QUAD __attribute__((vector_size(4 * sizeof(REAL)), aligned(sizeof(REAL)), may_alias)); /* a number a row */
typedef INT IQUAD __attribute__((vector_size(4 * sizeof(REAL)), aligned(sizeof(REAL)), may_alias));
#define AT(V, p) (*(const V *)(p))
#define HALF_LANES ((ptrdiff_t)(16 / sizeof(REAL)))
#define LINE ((ptrdiff_t)(64 / sizeof(REAL))) /* columns in a cache line */

/* Written out: GCC takes a loop over halves through the stack, 5 to 8 ns later */
static inline REAL NAME(sum)(VEC a)
{
    HALF part[VECTOR_BYTES / 16];
    memcpy(part, &a, sizeof a);
#if VECTOR_BYTES == 64
    part[0] += part[2], part[1] += part[3];
#endif
#if VECTOR_BYTES >= 32
    part[0] += part[1];
#endif
    const HALF s = part[0];
#if MANTISSA_BITS == 23
    return (s[0] + s[2]) + (s[1] + s[3]);
#else
    return s[0] + s[1];
#endif
}

/* a where the mask is all ones, b where it is all zeros */
static inline VEC NAME(select)(IVEC mask, VEC a, VEC b)
{
    return (VEC)((mask & (IVEC)a) | (~mask & (IVEC)b));
}

/* The lanes of a vector as 16 bytes, and those of four vectors as four numbers: a fixed order of addition. */
static inline HALF NAME(fold)(VEC a)
{
    HALF part[VECTOR_BYTES / 16], sum;
    memcpy(part, &a, sizeof a);
    sum = part[0];
    for (size_t i = 1; i < VECTOR_BYTES / 16; i++) sum += part[i];
    return sum;
}

static inline QUAD NAME(sums)(HALF a, HALF b, HALF c, HALF d)
{
#if MANTISSA_BITS == 23
    const HALF s = SHUFFLE(IHALF, a, b, 0, 4, 1, 5) + SHUFFLE(IHALF, a, b, 2, 6, 3, 7);
    const HALF t = SHUFFLE(IHALF, c, d, 0, 4, 1, 5) + SHUFFLE(IHALF, c, d, 2, 6, 3, 7);
    return SHUFFLE(IHALF, s, t, 0, 1, 4, 5) + SHUFFLE(IHALF, s, t, 2, 3, 6, 7);
#else
    const HALF pair[2] = {SHUFFLE(IHALF, a, b, 0, 2) + SHUFFLE(IHALF, a, b, 1, 3), SHUFFLE(IHALF, c, d, 0, 2) + SHUFFLE(IHALF, c, d, 1, 3)};
    QUAD sum;
    memcpy(&sum, pair, sizeof sum);
    return sum;
#endif
}
