/* What every cmocka test needs before cmocka.h, and small helps. */
#ifndef TESTS_LOADGEN_TEST_H
#define TESTS_LOADGEN_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MS (1000000LL)

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

#endif
