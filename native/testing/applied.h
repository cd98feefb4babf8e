// Transactions that a test (cmocka) expects to be committed.
#ifndef SLUICE_TESTING_APPLIED_H
#define SLUICE_TESTING_APPLIED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "router.h"

static inline void applied(const struct api_error *error)
{
	if (error != NULL) fail_msg("%s: %s", error->object, error->message);
}

// Takes the operation; what it sets off has happened when it returns.
static inline void apply(Sluice__Api__Operation *operation)
{
	applied(router_apply(operation, NULL));
	router_run();
}

// One router for all tests of a group (cmocka_run_group_tests).
static inline int router_group_start(void **state)
{
	router_start();
	return 0;
}

static inline int router_group_stop(void **state)
{
	router_stop();
	return 0;
}

#endif
