#define LEVEL baseline
#define LEVEL_NAME "baseline"
#define VECTOR_BYTES 16
#include "level.h"
