// Transactions, on the state after them and without a trace of those that were refused.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "../main/stage.h"
#include "../testing/control.h"
#include "state.h"
#include "transaction.h"

#define KIND(name) SLUICE__API__OBJECT_KIND__KIND_##name
#define CODE(name) SLUICE__API__ERROR_CODE__ERROR_##name

static struct owner *owner, *other;
static struct api_error error;
static Sluice__Api__CommitReply reply;

static struct transaction *begin_with(struct owner *who, bool replay, Sluice__Api__Operation **list, size_t count)
{
	struct transaction *t = transaction_begin(who, replay, &error);
	Sluice__Api__Operations operations = SLUICE__API__OPERATIONS__INIT;

	assert_non_null(t);
	operations.n_operations = count;
	operations.operations = list;
	assert_int_equal(transaction_add(t, &operations, 100, &error), 0);
	return t;
}

// Commits: 0 and `reply`; or the error's code and `error`.
static int run_as(struct owner *who, bool replay, Sluice__Api__Operation **list, size_t count)
{
	struct transaction *t = begin_with(who, replay, list, count);

	error = (struct api_error){0};
	reply = (Sluice__Api__CommitReply)SLUICE__API__COMMIT_REPLY__INIT;
	if (transaction_prepare(t, &error) < 0) return (int)error.code;
	transaction_commit(t, &reply);
	return 0;
}

#define RUN(...)                                                                                                       \
	run_as(owner, false, (Sluice__Api__Operation *[]){__VA_ARGS__},                                                \
	       sizeof((Sluice__Api__Operation *[]){__VA_ARGS__}) / sizeof(void *))
#define REPLAY(...)                                                                                                    \
	run_as(owner, true, (Sluice__Api__Operation *[]){__VA_ARGS__},                                                 \
	       sizeof((Sluice__Api__Operation *[]){__VA_ARGS__}) / sizeof(void *))
#define BASE op_port("p", "r"), op_bridge_domain("b", 300), op_logical_port("p.10", "p", 10, "b")

static void assert_counts(unsigned created, unsigned changed, unsigned deleted)
{
	assert_int_equal(reply.created, created);
	assert_int_equal(reply.changed, changed);
	assert_int_equal(reply.deleted, deleted);
}

static int before_each(void **state)
{
	owner = store_owner("one");
	other = store_owner("two");
	return owner != NULL && other != NULL && REPLAY(BASE) == 0 ? 0 : -1;
}

static int after_each(void **state)
{
	return run_as(owner, true, NULL, 0) == 0 && run_as(other, true, NULL, 0) == 0 && owner->objects == NULL ? 0
														: -1;
}

static const struct logical_port *logical_port(const char *name)
{
	const struct object *object = store_find(KIND(LOGICAL_PORT), name);

	return object != NULL ? dataplane_logical_port(dataplane_current(), object->id) : NULL;
}

static void commit_makes_objects_visible(void **state)
{
	const struct logical_port *lp = logical_port("p.10");

	assert_non_null(lp);
	assert_int_equal(lp->match[0].vid, 10);
	const struct bridge_domain *bd = dataplane_bridge_domain(dataplane_current(), lp->bridge_domain);
	assert_int_equal(bd->members->count, 1);
	assert_int_equal(bd->members->logical_port[0], lp->id);
	assert_int_equal(dataplane_current()->port_count, 1);
}

static void replay_of_the_same_changes_nothing(void **state)
{
	const struct dataplane *before = dataplane_current();

	assert_int_equal(REPLAY(BASE), 0);
	assert_counts(0, 0, 0);
	assert_ptr_equal(before, dataplane_current());
}

static void replay_sweeps_what_it_does_not_name(void **state)
{
	assert_int_equal(RUN(op_logical_port("p.20", "p", 20, "b")), 0);
	assert_int_equal(REPLAY(op_port("p", "r"), op_bridge_domain("b", 60)), 0);
	assert_counts(0, 1, 2);
	assert_null(logical_port("p.10"));
}

static void change_keeps_counters_and_identity(void **state)
{
	const struct logical_port *before = logical_port("p.10");
	struct counters *counters = before->counters;
	uint32_t id = before->id;

	counters->in_unicast = 7;
	assert_int_equal(RUN(op_logical_port("p.10", "p", 11, "b")), 0);
	assert_counts(0, 1, 0);
	const struct logical_port *after = logical_port("p.10");
	assert_int_equal(after->id, id);
	assert_ptr_equal(after->counters, counters);
	assert_int_equal(after->counters->in_unicast, 7);
	assert_int_equal(after->match[0].vid, 11);
}

static void prepare_names_operation_and_object_of_a_missing_reference(void **state)
{
	assert_int_equal(RUN(op_bridge_domain("c", 1), op_logical_port("x.1", "x", 1, "b")), CODE(NOT_FOUND));
	assert_int_equal(error.operation, 1);
	assert_string_equal(error.object, "logical-port:x.1");
	assert_null(store_find(KIND(BRIDGE_DOMAIN), "c"));
}

static void prepare_judges_references_on_the_state_after(void **state)
{
	// The reference comes before what it refers to.
	assert_int_equal(RUN(op_logical_port("q.1", "q", 1, "c"), op_bridge_domain("c", 1), op_port("q", "r")), 0);
	// What refers goes after what it refers to.
	assert_int_equal(RUN(op_delete(KIND(PORT), "q"), op_delete(KIND(LOGICAL_PORT), "q.1")), 0);
	assert_counts(0, 0, 2);
	assert_int_equal(RUN(op_delete(KIND(BRIDGE_DOMAIN), "c")), 0);
	assert_int_equal(RUN(op_delete(KIND(BRIDGE_DOMAIN), "b")), CODE(CONFLICT));
	assert_string_equal(error.object, "bridge-domain:b");
}

static void prepare_refuses_tags_taken_twice(void **state)
{
	assert_int_equal(RUN(op_logical_port("p.x", "p", 10, "b")), CODE(CONFLICT));
	assert_int_equal(RUN(op_logical_port("a", "p", 5, "b"), op_logical_port("c", "p", 5, "b")), CODE(CONFLICT));
	assert_int_equal(error.operation, 1);
	assert_null(logical_port("a"));
	assert_int_equal(RUN(op_block_point("x", "p", 5), op_block_point("y", "p", 5)), CODE(CONFLICT));
}

static void commit_exchanges_tags_in_one_transaction(void **state)
{
	assert_int_equal(RUN(op_logical_port("p.20", "p", 20, "b")), 0);
	assert_int_equal(RUN(op_logical_port("p.10", "p", 20, "b"), op_logical_port("p.20", "p", 10, "b")), 0);
	assert_counts(0, 2, 0);
	assert_int_equal(RUN(op_block_point("x", "p", 1), op_block_point("y", "p", 2)), 0);
	assert_int_equal(RUN(op_block_point("x", "p", 2), op_block_point("y", "p", 1)), 0);
	assert_counts(0, 2, 0);
	assert_int_equal(RUN(op_static_mac("m", "b", "p.10", 1), op_static_mac("n", "b", "p.10", 2)), 0);
	assert_int_equal(RUN(op_static_mac("m", "b", "p.10", 2), op_static_mac("n", "b", "p.10", 1)), 0);
	assert_counts(0, 2, 0);
}

static void static_mac_stays_in_its_bridge_domain(void **state)
{
	assert_int_equal(RUN(op_bridge_domain("c", 1), op_static_mac("m", "c", "p.10", 1)), CODE(CONFLICT));
	assert_int_equal(RUN(op_bridge_domain("c", 1), op_static_mac("m", "b", "p.10", 1)), 0);
	assert_int_equal(RUN(op_logical_port("p.10", "p", 10, "c")), CODE(CONFLICT));
	assert_string_equal(error.object, "static-mac:m");
	assert_int_equal(RUN(op_static_mac("m", "c", "p.10", 1), op_logical_port("p.10", "p", 10, "c")), 0);
}

static void values_out_of_range_are_refused(void **state)
{
	assert_int_equal(RUN(op_logical_port("p.x", "p", 4095, "b")), CODE(INVALID));
	assert_int_equal(RUN(op_bridge_domain("ok", 1), op_port("", "r")), CODE(INVALID));
	assert_int_equal(error.operation, 1);
	assert_int_equal(RUN(op_port("bad\nname", "r")), CODE(INVALID));
	assert_int_equal(RUN(op_block_point("x", "p", 4095)), CODE(INVALID));
	assert_int_equal(RUN(op_delete(99, "x")), CODE(INVALID));
	assert_int_equal(RUN(op_port("q", "r"), op_port("s", "r")), CODE(CONFLICT));
}

static void ports_receive_from_memory_only_for_benchmarks(void **state)
{
	assert_int_equal(RUN(op_memory_port("m")), CODE(INVALID));
	assert_string_equal(error.object, "port:m");
	engine_identity.bench = true;
	assert_int_equal(RUN(op_memory_port("m")), 0);
	engine_identity.bench = false;
}

static void delete_of_nothing_is_a_success(void **state)
{
	assert_int_equal(RUN(op_delete(KIND(PORT), "nothing")), 0);
	assert_counts(0, 0, 0);
	assert_int_equal(RUN(op_bridge_domain("c", 1), op_delete(KIND(BRIDGE_DOMAIN), "c")), 0);
	assert_counts(0, 0, 0);
}

static void abort_leaves_no_trace(void **state)
{
	Sluice__Api__Operation *list[] = {op_port("q", "r"), op_logical_port("q.1", "q", 1, "b"),
					  op_delete(KIND(LOGICAL_PORT), "p.10"), op_bridge_domain("b", 1),
					  op_block_point("bp", "p", 9)};
	struct transaction *t = begin_with(owner, false, list, 5);
	const struct dataplane *before = dataplane_current();

	assert_int_equal(transaction_prepare(t, &error), 0);
	transaction_abort(t);
	assert_ptr_equal(before, dataplane_current());
	assert_null(store_find(KIND(PORT), "q"));
	assert_int_equal(REPLAY(BASE), 0);
	assert_counts(0, 0, 0);
}

static void owners_do_not_meet(void **state)
{
	Sluice__Api__Operation *same[] = {op_bridge_domain("b", 1)};
	Sluice__Api__Operation *refers[] = {op_logical_port("o.1", "p", 1, "")};
	Sluice__Api__Operation *deletes[] = {op_delete(KIND(PORT), "p")};
	Sluice__Api__Operation *own[] = {op_bridge_domain("mine", 1)};

	assert_int_equal(run_as(other, false, same, 1), CODE(CONFLICT));
	assert_int_equal(run_as(other, false, refers, 1), CODE(NOT_FOUND));
	assert_int_equal(run_as(other, false, deletes, 1), 0);
	assert_counts(0, 0, 0);
	assert_int_equal(run_as(other, false, own, 1), 0);
	// The first owner's sweep leaves it alone.
	assert_int_equal(REPLAY(BASE), 0);
	assert_counts(0, 0, 0);
	assert_non_null(store_find(KIND(BRIDGE_DOMAIN), "mine"));
}

static void one_transaction_at_a_time(void **state)
{
	struct transaction *t = transaction_begin(owner, false, &error);

	assert_null(transaction_begin(other, false, &error));
	assert_int_equal(error.code, CODE(BUSY));
	transaction_abort(t);
}

// Random transactions against a model that only knows names: what commits is what the model says, and a replay of
// the model changes nothing.
static void random_transactions_agree_with_a_model(void **state)
{
	enum { PORTS = 3, DOMAINS = 3, LOGICAL = 12 };
	static const char *const ports[] = {"p", "q", "s"}, *const rings[] = {"r1", "r2", "r3"},
				 *const domains[] = {"b", "c", "d"};
	// 0: does not exist; else 1 + what it is.
	unsigned port[PORTS] = {0}, domain[DOMAINS] = {0}, lp[LOGICAL] = {0};
	char name[16];

	assert_int_equal(run_as(owner, true, NULL, 0), 0);
	srand(20261123);
	for (int round = 0; round < 3000; round++) {
		unsigned p[PORTS], d[DOMAINS], l[LOGICAL], count = 0;
		Sluice__Api__Operation *list[8];
		bool good = true;

		memcpy(p, port, sizeof(p));
		memcpy(d, domain, sizeof(d));
		memcpy(l, lp, sizeof(l));
		for (unsigned n = 1 + (unsigned)rand() % 8; count < n; count++) {
			unsigned i = (unsigned)rand(), what = (unsigned)rand() % 6;

			if (what == 0) {
				p[i % PORTS] = 1;
				list[count] = op_port(ports[i % PORTS], rings[i % PORTS]);
			} else if (what == 1) {
				d[i % DOMAINS] = 1 + (unsigned)rand() % 3;
				list[count] = op_bridge_domain(domains[i % DOMAINS], d[i % DOMAINS]);
			} else if (what == 2 && rand() % 3 == 0) {
				p[i % PORTS] = 0;
				list[count] = op_delete(KIND(PORT), ports[i % PORTS]);
			} else if (what == 3 && rand() % 3 == 0) {
				d[i % DOMAINS] = 0;
				list[count] = op_delete(KIND(BRIDGE_DOMAIN), domains[i % DOMAINS]);
			} else if (what == 4) {
				snprintf(name, sizeof(name), "l%u", i % LOGICAL);
				l[i % LOGICAL] = 0;
				list[count] = op_delete(KIND(LOGICAL_PORT), name);
			} else {
				// port, tag, bridge domain
				unsigned on = (unsigned)rand() % PORTS, tag = 1 + (unsigned)rand() % 6,
					 in = (unsigned)rand() % DOMAINS;

				snprintf(name, sizeof(name), "l%u", i % LOGICAL);
				l[i % LOGICAL] = 1 + on * 100 + tag * 10 + in;
				list[count] = op_logical_port(name, ports[on], tag, domains[in]);
			}
		}
		for (unsigned i = 0; i < LOGICAL; i++) {
			if (l[i] == 0) continue;
			good = good && p[(l[i] - 1) / 100] && d[(l[i] - 1) % 10];
			for (unsigned k = 0; k < i; k++)
				good = good && (l[k] == 0 || (l[k] - 1) / 10 != (l[i] - 1) / 10);
		}
		assert_int_equal(run_as(owner, false, list, count) == 0, good);
		if (good) {
			memcpy(port, p, sizeof(p));
			memcpy(domain, d, sizeof(d));
			memcpy(lp, l, sizeof(l));
		}
		// The lists of members are exactly the logical ports of each bridge domain.
		for (unsigned i = 0; i < DOMAINS; i++) {
			const struct object *object = store_find(KIND(BRIDGE_DOMAIN), domains[i]);
			unsigned members = 0;

			assert_int_equal(object != NULL, domain[i] != 0);
			if (object == NULL) continue;
			for (unsigned k = 0; k < LOGICAL; k++)
				members += lp[k] != 0 && (lp[k] - 1) % 10 == i;
			assert_int_equal(dataplane_bridge_domain(dataplane_current(), object->id)->members->count,
					 members);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(commit_makes_objects_visible, before_each, after_each),
		cmocka_unit_test_setup_teardown(replay_of_the_same_changes_nothing, before_each, after_each),
		cmocka_unit_test_setup_teardown(replay_sweeps_what_it_does_not_name, before_each, after_each),
		cmocka_unit_test_setup_teardown(change_keeps_counters_and_identity, before_each, after_each),
		cmocka_unit_test_setup_teardown(prepare_names_operation_and_object_of_a_missing_reference, before_each,
						after_each),
		cmocka_unit_test_setup_teardown(prepare_judges_references_on_the_state_after, before_each, after_each),
		cmocka_unit_test_setup_teardown(prepare_refuses_tags_taken_twice, before_each, after_each),
		cmocka_unit_test_setup_teardown(commit_exchanges_tags_in_one_transaction, before_each, after_each),
		cmocka_unit_test_setup_teardown(static_mac_stays_in_its_bridge_domain, before_each, after_each),
		cmocka_unit_test_setup_teardown(values_out_of_range_are_refused, before_each, after_each),
		cmocka_unit_test_setup_teardown(ports_receive_from_memory_only_for_benchmarks, before_each, after_each),
		cmocka_unit_test_setup_teardown(delete_of_nothing_is_a_success, before_each, after_each),
		cmocka_unit_test_setup_teardown(abort_leaves_no_trace, before_each, after_each),
		cmocka_unit_test_setup_teardown(owners_do_not_meet, before_each, after_each),
		cmocka_unit_test_setup_teardown(one_transaction_at_a_time, before_each, after_each),
		cmocka_unit_test_setup_teardown(random_transactions_agree_with_a_model, before_each, after_each),
	};
	control_start();
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	control_stop();
	return failed;
}
