// The forwarding database against a naive model, its limits, its growth, and several threads at once.
#include "fdb.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

static void *heap(size_t size)
{
	void *memory = aligned_alloc(64, (size + 63) & ~(size_t)63);

	return memory == NULL ? NULL : memset(memory, 0, size);
}

static const struct fdb_memory memory = {heap, free};

static uint64_t random64(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * UINT64_C(2685821657736338717);
}

static uint64_t seed_of_run(void)
{
	const char *given = getenv("SEED");
	uint64_t seed = given != NULL ? strtoull(given, NULL, 0) : (uint64_t)time(NULL) << 20 | 1;

	print_message("SEED=%#llx\n", (unsigned long long)seed);
	return seed;
}

static enum fdb_learned learn(struct fdb *fdb, uint64_t key, const struct fdb_place *place, uint32_t now)
{
	struct fdb_table *table = atomic_load(&fdb->table);

	return fdb_learn(fdb, table, key, fdb_hash(table, key), place, now);
}

static uint64_t lookup(struct fdb *fdb, uint64_t key)
{
	struct fdb_table *table = atomic_load(&fdb->table);

	return fdb_lookup(table, key, fdb_hash(table, key));
}

static void key_is_domain_and_mac(void **state)
{
	const uint8_t header[8] = {2, 3, 4, 5, 6, 7, 0xff, 0xff};

	(void)state;
	assert_int_equal(fdb_key(header, 0x1234), UINT64_C(0x1234070605040302));
}

static void value_keeps_its_fields(void **state)
{
	uint64_t value = fdb_value(0xfffff, 0xffff, 0x1000002);

	(void)state;
	assert_int_equal(fdb_value_port(value), 0xfffff);
	assert_int_equal(fdb_value_epoch(value), 0xffff);
	assert_int_equal(fdb_value_age(value, 5), 3);
	assert_false(value & (FDB_STATIC | FDB_COPIED));
}

static void limits_refuse_and_count(void **state)
{
	struct fdb fdb;
	struct fdb_place a = {.port = 1, .domain = 1, .port_limit = 2}, b = {.port = 2, .domain = 1, .domain_limit = 3};
	struct fdb_place c = {.port = 3, .domain = 2};

	(void)state;
	assert_int_equal(fdb_open(&fdb, 4, 1, &memory), 0);
	assert_int_equal(learn(&fdb, fdb_key((uint8_t[8]){2, 1}, 1), &a, 0), FDB_NEW);
	assert_int_equal(learn(&fdb, fdb_key((uint8_t[8]){2, 2}, 1), &a, 0), FDB_NEW);
	assert_int_equal(learn(&fdb, fdb_key((uint8_t[8]){2, 3}, 1), &a, 0), FDB_LIMITED);
	assert_int_equal(learn(&fdb, fdb_key((uint8_t[8]){2, 1}, 1), &a, 7), FDB_SAME);
	assert_int_equal(learn(&fdb, fdb_key((uint8_t[8]){2, 3}, 1), &b, 0), FDB_NEW);
	assert_int_equal(learn(&fdb, fdb_key((uint8_t[8]){2, 4}, 1), &b, 0), FDB_LIMITED);
	assert_int_equal(learn(&fdb, fdb_key((uint8_t[8]){2, 4}, 2), &c, 0), FDB_NEW);
	assert_int_equal(learn(&fdb, fdb_key((uint8_t[8]){2, 5}, 2), &c, 0), FDB_LIMITED);
	// A move needs room at the new port only.
	assert_int_equal(learn(&fdb, fdb_key((uint8_t[8]){2, 1}, 1), &b, 0), FDB_MOVED);
	assert_int_equal(fdb.port[1].learned, 1);
	assert_int_equal(fdb.port[2].learned, 2);
	assert_int_equal(fdb.domain[1].learned, 3);
	assert_int_equal(fdb.learned, 4);
	fdb_close(&fdb, &memory);
}

static void static_entry_holds_its_place(void **state)
{
	struct fdb fdb;
	struct fdb_place a = {.port = 1, .domain = 1};
	uint64_t key = fdb_key((uint8_t[8]){2, 1}, 1);

	(void)state;
	assert_int_equal(fdb_open(&fdb, 16, 1, &memory), 0);
	assert_int_equal(learn(&fdb, key, &a, 0), FDB_NEW);
	assert_int_equal(fdb_set_static(&fdb, key, 9), 0);
	assert_int_equal(fdb.learned, 0);
	assert_int_equal(fdb.fixed, 1);
	assert_int_equal(learn(&fdb, key, &a, 0), FDB_HELD);
	assert_int_equal(fdb_value_port(lookup(&fdb, key)), 9);
	assert_int_equal(fdb_set_static(&fdb, key, 9), 0);
	assert_int_equal(fdb.port[9].fixed, 1);
	fdb_remove_static(&fdb, key);
	fdb_remove_static(&fdb, key);
	assert_int_equal(lookup(&fdb, key), 0);
	assert_int_equal(fdb.fixed, 0);
	fdb_close(&fdb, &memory);
}

static void static_entries_that_fill_both_buckets_ask_for_growth(void **state)
{
	struct fdb fdb;
	int result = 0;
	uint32_t set = 0;

	(void)state;
	assert_int_equal(fdb_open(&fdb, 1, 1, &memory), 0);
	for (uint64_t i = 1; i <= 65 && result == 0; i++)
		if ((result = fdb_set_static(&fdb, i | UINT64_C(1) << 48, 1)) == 0) set++;
	assert_int_equal(result, -ENOSPC);
	assert_true(set > 32);
	assert_int_equal(fdb.fixed, set);
	fdb_close(&fdb, &memory);
}

#define MODEL_KEYS 3000
struct model {
	bool present, fixed;
	uint16_t port, epoch;
	uint32_t seen;
};

static bool keep_young(void *ctx, uint64_t key, uint64_t value)
{
	(void)key;
	return fdb_value_age(value, *(uint32_t *)ctx) <= 50;
}

// Random learning, static changes and sweeps, each answer compared with an array that does the same.
static void random_operations_equal_a_naive_model(void **state)
{
	static struct model model[MODEL_KEYS];
	struct fdb fdb;
	uint64_t random = seed_of_run();
	uint32_t now = 0, learned = 0;

	(void)state;
	memset(model, 0, sizeof(model));
	assert_int_equal(fdb_open(&fdb, MODEL_KEYS, random, &memory), 0);
	for (int step = 0; step < 300000; step++) {
		uint64_t r = random64(&random);
		uint32_t i = r % MODEL_KEYS;
		uint64_t key = (uint64_t)(1 + i % 7) << 48 | (i + 1);
		struct model *m = &model[i];
		struct fdb_place place = {.port = (r >> 20) % 5, .domain = 1 + i % 7, .epoch = (r >> 30) % 2};

		if ((r >> 40) % 100 < 90) {
			enum fdb_learned expected = !m->present               ? FDB_NEW
						    : m->fixed                ? FDB_HELD
						    : m->port != place.port   ? FDB_MOVED
						    : m->epoch != place.epoch ? FDB_NEW
									      : FDB_SAME;

			assert_int_equal(learn(&fdb, key, &place, now), expected);
			learned += !m->present;
			if (expected != FDB_HELD) *m = (struct model){true, false, place.port, place.epoch, now};
		} else if ((r >> 40) % 100 < 94) {
			assert_int_equal(fdb_set_static(&fdb, key, place.port), 0);
			learned -= m->present && !m->fixed;
			*m = (struct model){true, true, place.port, 0, 0};
		} else if ((r >> 40) % 100 < 99) {
			fdb_remove_static(&fdb, key);
			if (m->fixed) *m = (struct model){0};
		} else if (step % 50 == 0) {
			uint32_t cursor = r, gone = 0;

			now += 13;
			for (int k = 0; k < MODEL_KEYS; k++)
				if (model[k].present && !model[k].fixed && now - model[k].seen > 50) {
					model[k] = (struct model){0};
					gone++;
				}
			assert_int_equal(fdb_sweep(&fdb, &cursor, fdb_buckets(&fdb), keep_young, &now), gone);
			learned -= gone;
		}
		uint64_t value = lookup(&fdb, key);
		assert_int_equal(value != 0, m->present);
		if (value != 0) {
			assert_int_equal(fdb_value_port(value), m->port);
			assert_int_equal(!!(value & FDB_STATIC), m->fixed);
		}
		assert_int_equal(fdb.learned, learned);
	}
	assert_int_equal(fdb.evicted, 0);
	fdb_close(&fdb, &memory);
}

static void full_table_keeps_all_up_to_its_limit(void **state)
{
	struct fdb fdb;
	struct fdb_place place = {.port = 1, .domain = 1};
	uint64_t random = seed_of_run();
	uint32_t found = 0;

	(void)state;
	assert_int_equal(fdb_open(&fdb, 131072, random, &memory), 0);
	for (uint64_t i = 1; i <= 131072; i++)
		assert_int_equal(learn(&fdb, i * 256 | UINT64_C(1) << 48, &place, 0), FDB_NEW);
	for (uint64_t i = 1; i <= 131072; i++)
		found += lookup(&fdb, i * 256 | UINT64_C(1) << 48) != 0;
	assert_int_equal(fdb.evicted, 131072 - found);
	assert_int_equal(fdb.learned, found);
	assert_true(fdb.evicted < 3);
	fdb_close(&fdb, &memory);
}

static void oldest_gives_way_where_buckets_are_full(void **state)
{
	struct fdb fdb;
	struct fdb_place place = {.port = 1, .domain = 1};

	(void)state;
	assert_int_equal(fdb_open(&fdb, 1, 7, &memory), 0);
	atomic_store(&fdb.limit, 1000);
	for (uint32_t i = 1; i <= 500; i++) {
		uint64_t key = i | UINT64_C(1) << 48;

		assert_int_equal(learn(&fdb, key, &place, i), FDB_NEW);
		assert_true(lookup(&fdb, key) != 0);
	}
	assert_true(fdb.learned <= 64);
	assert_int_equal(fdb.evicted + fdb.learned, 500);
	fdb_close(&fdb, &memory);
}

static void growth_loses_nothing(void **state)
{
	struct fdb fdb;
	struct fdb_place place = {.port = 1, .domain = 1};
	struct fdb_table *old, *grown;
	bool needed;

	(void)state;
	assert_int_equal(fdb_open(&fdb, 64, 3, &memory), 0);
	for (uint64_t i = 1; i <= 60; i++)
		assert_int_equal(learn(&fdb, i | UINT64_C(1) << 48, &place, 0), FDB_NEW);
	assert_null(fdb_table_grown(&fdb, 64, 0, &memory, &needed));
	assert_false(needed);
	grown = fdb_table_grown(&fdb, 4096, 10, &memory, &needed);
	assert_non_null(grown);
	old = atomic_load(&fdb.table);
	fdb_table_copy(&fdb, grown, old);
	atomic_store(&fdb.table, grown);
	// Workers that still hold the old table learn there, one address also in both.
	for (uint64_t i = 61; i <= 63; i++) {
		uint64_t key = i | UINT64_C(1) << 48;

		assert_int_equal(fdb_learn(&fdb, old, key, fdb_hash(old, key), &place, 0), FDB_NEW);
	}
	assert_int_equal(learn(&fdb, UINT64_C(62) | UINT64_C(1) << 48, &place, 0), FDB_NEW);
	fdb_table_copy(&fdb, grown, old);
	fdb_table_free(old, &memory);
	for (uint64_t i = 1; i <= 63; i++)
		assert_int_equal(lookup(&fdb, i | UINT64_C(1) << 48), fdb_value(1, 0, 0));
	assert_int_equal(fdb.learned, 63);
	assert_int_equal(fdb.domain[1].learned, 63);
	fdb_close(&fdb, &memory);
}

struct thread {
	struct fdb *fdb;
	uint64_t seed;
	uint32_t port;
	atomic_bool *stop;
};

static void *learn_at_random(void *argument)
{
	struct thread *t = argument;
	struct fdb_place place = {.port = t->port, .domain = 1};

	for (uint32_t step = 0; !atomic_load(t->stop); step++) {
		uint64_t key = (random64(&t->seed) % 600 + 1) | UINT64_C(1) << 48, value;

		learn(t->fdb, key, &place, step >> 12);
		value = lookup(t->fdb, key ^ 1);
		if (value != 0 && fdb_value_port(value) > 3) abort();
	}
	return NULL;
}

static bool keep_at_random(void *ctx, uint64_t key, uint64_t value)
{
	(void)key;
	(void)value;
	return random64(ctx) % 4 != 0;
}

static void count_entry(void *ctx, uint64_t key, uint64_t value)
{
	uint32_t *port = ctx;

	(void)key;
	port[fdb_value_port(value)]++;
}

static void counts_stay_exact_with_several_threads(void **state)
{
	struct fdb fdb;
	struct thread thread[3];
	pthread_t id[3];
	atomic_bool stop = false;
	uint64_t random = seed_of_run();
	uint32_t port[4] = {0}, cursor = 0;

	(void)state;
	assert_int_equal(fdb_open(&fdb, 256, random, &memory), 0);
	for (int i = 0; i < 3; i++) {
		thread[i] = (struct thread){&fdb, random + i + 1, i + 1, &stop};
		assert_int_equal(pthread_create(&id[i], NULL, learn_at_random, &thread[i]), 0);
	}
	for (int round = 0; round < 2000; round++) {
		fdb_sweep(&fdb, &cursor, 16, keep_at_random, &random);
		if (fdb_set_static(&fdb, (round % 20 + 1) | UINT64_C(1) << 48, 0) == 0 && round % 3 == 0)
			fdb_remove_static(&fdb, (round % 20 + 1) | UINT64_C(1) << 48);
		if (round % 100 == 0) nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	}
	atomic_store(&stop, true);
	for (int i = 0; i < 3; i++)
		pthread_join(id[i], NULL);
	fdb_walk(&fdb, 0, fdb_buckets(&fdb), count_entry, port);
	for (int i = 1; i < 4; i++)
		assert_int_equal(fdb.port[i].learned, port[i]);
	assert_int_equal(fdb.learned, port[1] + port[2] + port[3]);
	assert_int_equal(fdb.domain[1].learned, fdb.learned);
	assert_int_equal(fdb.fixed, port[0]);
	assert_true(fdb.learned <= 256);
	fdb_close(&fdb, &memory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(key_is_domain_and_mac),
		cmocka_unit_test(value_keeps_its_fields),
		cmocka_unit_test(limits_refuse_and_count),
		cmocka_unit_test(static_entry_holds_its_place),
		cmocka_unit_test(static_entries_that_fill_both_buckets_ask_for_growth),
		cmocka_unit_test(random_operations_equal_a_naive_model),
		cmocka_unit_test(full_table_keeps_all_up_to_its_limit),
		cmocka_unit_test(oldest_gives_way_where_buckets_are_full),
		cmocka_unit_test(growth_loses_nothing),
		cmocka_unit_test(counts_stay_exact_with_several_threads),
	};

	return cmocka_run_group_tests_name("fdb", tests, NULL, NULL);
}
