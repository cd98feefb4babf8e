// The same packets and the same changes twice, with the cache and without: every byte that leaves and every counter is
// the same. SEED and PACKETS choose the run; PACKETS=1000000 is the long one. With SOAK there is one run, with the
// cache and without the comparison: nothing may leak (PACKETS=100000000).
//
// Each run writes a line with a hash of everything at each checkpoint. Where two lines differ, both runs are made
// again up to there, and what differs is printed.
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <rte_graph.h>
#include <rte_graph_worker.h>
#include <rte_random.h>

#include "../../main/loop.h"
#include "../control-plane/control_plane.h"
#include "../ip/rate.h"
#include "differential.h"

// Frames that may be sent again after a change.
#define RECENT 256

static uint64_t random_state;
static FILE *report;
static bool soak;

// Of all that has to be the same: sums, because what hits leaves a burst before what does not.
static uint64_t sent_hash, value_hash;
static uint64_t checkpoints, detailed; // the one to print in full; 0: none

static struct {
	const char *port;
	uint16_t length;
	uint8_t bytes[2048];
} recent[RECENT];
static unsigned recent_next;

uint32_t below(uint32_t n)
{
	return (uint32_t)(random_bits(&random_state) >> 33) % n;
}

const char *name_of(const char *what, unsigned a, unsigned b)
{
	static char name[16][32];
	static unsigned next;
	char *at = name[next++ % 16];

	snprintf(at, sizeof(name[0]), "%s%u-%u", what, a, b);
	return at;
}

// ---------------------------------------------------------------- what is compared

static uint64_t hash_of(uint64_t hash, const void *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		hash = (hash ^ ((const uint8_t *)bytes)[i]) * UINT64_C(0x100000001b3);
	return hash ^ hash >> 29;
}

bool attempt(Sluice__Api__Operation *operation)
{
	const struct api_error *error = router_apply(operation, NULL);

	if (error != NULL) value_hash = hash_of(value_hash, error->message, strlen(error->message));
	return error == NULL;
}

void apply(Sluice__Api__Operation *operation)
{
	const struct api_error *error = router_apply(operation, NULL);

	if (error != NULL) fprintf(stderr, "refused: %s\n", error->message);
	assert(error == NULL);
}

void value(const char *object, const char *name, uint64_t number)
{
	value_hash = (value_hash ^ number) * UINT64_C(0x9e3779b97f4a7c15);
	value_hash ^= value_hash >> 32;
	if (checkpoints == detailed) fprintf(report, "%s %s %" PRIu64 "\n", object, name, number);
}

void numbers(const char *object, const char *name, const void *counters, size_t size)
{
	for (size_t i = 0; i < size / sizeof(uint64_t); i++) {
		uint64_t number;

		memcpy(&number, (const uint8_t *)counters + i * sizeof(number), sizeof(number));
		value(object, name, number);
	}
}

void drop_values(const char *object, const uint64_t *drops)
{
	for (unsigned i = 0; i < drop_reason_count(); i++)
		value(object, drop_reason_name(i), drops[i]);
}

static void hear_port(const char *port)
{
	for (unsigned i = 0; i < router_frames(port); i++) {
		const struct router_frame *frame = router_frame(port, i);

		sent_hash += hash_of(port[0] * 256u + (uint8_t)port[1], frame->bytes, frame->length);
		hosts_hear(port, frame->bytes, frame->length);
		if (checkpoints + 1 < detailed || detailed == 0) continue;
		fprintf(report, "%s sends", port);
		for (unsigned k = 0; k < frame->length && k < 90; k++)
			fprintf(report, " %02x", frame->bytes[k]);
		fprintf(report, "\n");
	}
}

void collect(void)
{
	for (unsigned p = 0; p < PORTS; p++)
		hear_port(l2_port_names[p]);
	for (unsigned p = 0; p < ROUTED_PORTS; p++)
		hear_port(l3_port_names[p]);
	router_forget();
}

// What a node has seen and what it would have seen. Those at the cache's own ends are not the same.
static void node_values(void)
{
	rte_graph_off_t offset;
	rte_node_t count;
	struct rte_node *node;

	rte_graph_foreach_node(count, offset, workers[0].graph, node)
	{
		if (strcmp(node->name, "flow") == 0 || strcmp(node->name, "flow-credit") == 0) continue;
		value("node", node->name, node->total_objs + flow_skipped(node->id));
	}
}

static void checkpoint(unsigned packet, const char *what)
{
	collect();
	hosts_answer();
	checkpoints++;
	if (soak) {
		assert(router_packets_in_use() < 1024);
		return;
	}
	value("all", "sent", sent_hash);
	l2_values();
	l3_values();
	node_values();
	fprintf(report, "%" PRIu64 " %u %s %016" PRIx64 "\n", checkpoints, packet, what, value_hash);
	fflush(report);
	if (checkpoints == detailed) exit(0);
}

// ---------------------------------------------------------------- the run

void send_frame(const char *port, const uint8_t *frame, uint16_t length)
{
	recent[recent_next].port = port;
	recent[recent_next].length = length;
	memcpy(recent[recent_next].bytes, frame, length);
	recent_next = (recent_next + 1) % RECENT;
	router_send(port, frame, length);
}

static void send_again(void)
{
	unsigned i = below(RECENT);

	if (recent[i].port != NULL) router_send(recent[i].port, recent[i].bytes, recent[i].length);
}

static void send_one(void)
{
	unsigned kind = below(6);

	if (kind < 2)
		send_again();
	else if (kind < 4)
		l2_send();
	else
		l3_send();
}

// What was cached before is the first to meet the change; then hosts are heard again, so that in bursts, in which the
// cache may change the order, nothing depends on it.
static void after_change(unsigned packet)
{
	checkpoint(packet, "change");
	for (unsigned i = 0; i < 24; i++) {
		send_again();
		router_run();
		if (i < 8) checkpoint(packet, "again");
	}
	for (unsigned i = 0; i < 8; i++) {
		send_one();
		router_run();
	}
	checkpoint(packet, "new");
	l2_say_all();
	hosts_say();
	checkpoint(packet, "said");
}

static void configure(void)
{
	Sluice__Api__Operation *operation = malloc(sizeof(*operation));

	sluice__api__operation__init(operation);
	operation->op_case = SLUICE__API__OPERATION__OP_SET_SETTINGS;
	operation->set_settings = malloc(sizeof(*operation->set_settings));
	sluice__api__engine_settings__init(operation->set_settings);
	operation->set_settings->flow_cache_off = !flow_cache_every_port;
	apply(operation);
	l2_configure();
	l3_configure();
	l2_say_all();
	hosts_say();
}

static int run(bool cached, uint64_t seed, unsigned packets, const char *file)
{
	Sluice__Api__FlowCacheState state = SLUICE__API__FLOW_CACHE_STATE__INIT;
	time_t told = time(NULL);

	random_state = seed;
	report = fopen(file, "w");
	assert(report != NULL);
	flow_cache_every_port = cached;
	icmp_rate_unlimited = true;
	loop_hold();
	router_start();
	// What depends on time would differ.
	for (unsigned c = 0; c < CONTROL_CLASSES; c++)
		control_limit_set(&control_limits[c], 1000000000, UINT32_MAX);
	rte_srand(seed);
	configure();
	for (unsigned done = 0; done < packets;) {
		// Those that wait for who does not answer displace each other: packets come one after the other.
		unsigned burst = hosts_all_known() ? 1 + below(60) : 1;

		for (unsigned i = 0; i < burst; i++)
			send_one();
		done += burst;
		router_run();
		checkpoint(done, "burst");
		if (below(16) == 0) {
			l2_move();
			checkpoint(done, "move");
		}
		if (below(burst == 1 ? 40 : 12) == 0) {
			if (burst == 1 && below(2) == 0) {
				l2_repair();
				l3_repair();
			} else if (below(3) == 0) {
				l2_change();
			} else {
				l3_change();
			}
			after_change(done);
		}
		if (soak && time(NULL) - told >= 60) {
			told = time(NULL);
			printf("%u packets\n", done);
			fflush(stdout);
		}
	}
	flow_state(&state);
	if (cached)
		printf("hits %" PRIu64 " + %" PRIu64 ", misses %" PRIu64 ", not cacheable %" PRIu64
		       ", inserted %" PRIu64 ", invalid %" PRIu64
		       ", entries %u, paths %u, masks %u, checkpoints %" PRIu64 "\n",
		       state.exact_hits, state.aggregate_hits, state.misses, state.not_cacheable, state.inserted,
		       state.invalid, state.entries, state.paths, state.aggregate_masks, checkpoints);
	// Without hits the two runs would be the same for no reason.
	int failed = cached && state.exact_hits + state.aggregate_hits < packets / 10;
	// What waits for a host that is silent is given up.
	hosts_wait(10);
	failed |= router_packets_in_use() != 0;
	if (router_packets_in_use() != 0) printf("%u packets left\n", router_packets_in_use());
	fclose(report);
	router_stop();
	return failed;
}

// In a process of its own: EAL starts once.
static int run_apart(bool cached, uint64_t seed, unsigned packets, const char *file)
{
	int status;
	pid_t child;

	fflush(stdout);
	child = fork();
	assert(child >= 0);
	if (child == 0) exit(run(cached, seed, packets, file));
	assert(waitpid(child, &status, 0) == child);
	if (status != 0) printf("run %d ended with %#x\n", cached, status);
	return status;
}

// The number of the first checkpoint that differs; 0: none.
static uint64_t first_difference(const char *a, const char *b)
{
	FILE *x = fopen(a, "r"), *y = fopen(b, "r");
	static char at[2][256];
	uint64_t differs = 0, line = 0;

	assert(x != NULL && y != NULL);
	while (differs == 0) {
		char *more = fgets(at[0], sizeof(at[0]), x), *also = fgets(at[1], sizeof(at[1]), y);

		if (more == NULL && also == NULL) break;
		line++;
		if (more == NULL || also == NULL || strcmp(at[0], at[1]) != 0) differs = line;
	}
	if (differs != 0) printf("differs: without %s         with    %s", at[0], at[1]);
	fclose(x);
	fclose(y);
	return differs;
}

int main(void)
{
	uint64_t seed = getenv("SEED") != NULL ? strtoull(getenv("SEED"), NULL, 0) : (uint64_t)time(NULL) << 8 | 1;
	unsigned packets = getenv("PACKETS") != NULL ? (unsigned)atoi(getenv("PACKETS")) : 10000;
	char file[2][64], command[200];
	int failed = 0;

	printf("SEED=%" PRIu64 " PACKETS=%u\n", seed, packets);
	fflush(stdout);
	soak = getenv("SOAK") != NULL;
	if (soak) return run(true, seed, packets, "/dev/null");
	for (int cached = 0; cached < 2; cached++) {
		snprintf(file[cached], sizeof(file[0]), "/tmp/flow-differential-%d-%d", (int)getpid(), cached);
		failed |= run_apart(cached != 0, seed, packets, file[cached]);
	}
	detailed = first_difference(file[0], file[1]);
	if (detailed != 0) {
		failed = 1;
		for (int cached = 0; cached < 2; cached++)
			run_apart(cached != 0, seed, packets, file[cached]);
		snprintf(command, sizeof(command), "diff %s %s | head -n 60", file[0], file[1]);
		fflush(stdout);
		if (system(command) < 0) perror("diff");
	}
	if (!failed || getenv("KEEP") == NULL)
		for (int i = 0; i < 2; i++)
			unlink(file[i]);
	return failed != 0;
}
