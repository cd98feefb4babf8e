// The same packets and the same changes twice, with the cache and without: every byte that leaves and every counter is
// the same. SEED and PACKETS choose the run; PACKETS=1000000 is the long one. With SOAK there is one run, with the
// cache and without the comparison: nothing may leak (PACKETS=100000000).
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <rte_graph.h>
#include <rte_graph_worker.h>

#include "../../main/stages.h"
#include "../../main/worker.h"
#include "../../testing/random.h"
#include "../../testing/router.h"
#include "../bridge/bridge.h"
#include "control.h"

#define PORTS   4
#define TENANTS 3
#define HOSTS   3 // of each tenant at each port

static uint64_t random_state;

static uint32_t below(uint32_t n)
{
	return (uint32_t)(random_bits(&random_state) >> 33) % n;
}

static FILE *report;
static bool soak;
static uint64_t sent_hash;

// Whatever the order: in a burst, what hits leaves before what does not.
static void hash_frame(unsigned port, const struct router_frame *frame)
{
	uint64_t hash = port + 1;

	for (size_t i = 0; i < frame->length; i++)
		hash = (hash ^ frame->bytes[i]) * UINT64_C(0x100000001b3);
	sent_hash += hash ^ hash >> 29;
}

// ---------------------------------------------------------------- what is configured

static const char *const port_names[PORTS] = {"p0", "p1", "p2", "p3"};
static bool blocked[PORTS][TENANTS], present[PORTS][TENANTS], fixed[TENANTS];

static void apply(Sluice__Api__Operation *operation)
{
	const struct api_error *error = router_apply(operation, NULL);

	if (error != NULL) fprintf(stderr, "refused: %s\n", error->message);
	assert(error == NULL);
}

static const char *name_of(const char *what, unsigned a, unsigned b)
{
	static char name[4][32];
	static unsigned next;
	char *at = name[next++ % 4];

	snprintf(at, sizeof(name[0]), "%s%u-%u", what, a, b);
	return at;
}

// Tenant 0 is untagged, 1 keeps its tag, 2 takes it off; port 3 has the tenants' VLANs under other numbers.
static unsigned vid_of(unsigned port, unsigned tenant)
{
	return tenant == 0 ? 0 : 100 * tenant + (tenant == 2 ? port : 0);
}

static void set_logical_port(unsigned port, unsigned tenant, bool enabled)
{
	Sluice__Api__Operation *operation = op_logical_port(name_of("lp", port, tenant), port_names[port],
							    vid_of(port, tenant), name_of("bd", tenant, 0));

	operation->set_logical_port->enabled = enabled;
	if (tenant == 2) operation->set_logical_port->rewrite = SLUICE__API__TAG_REWRITE__REWRITE_POP;
	apply(operation);
	present[port][tenant] = true;
}

static void set_bridge_domain(unsigned tenant, bool floods)
{
	Sluice__Api__Operation *operation = op_bridge_domain(name_of("bd", tenant, 0), 0);

	operation->set_bridge_domain->flood_unknown_unicast = floods;
	apply(operation);
}

static void set_mtu(unsigned port, unsigned mtu)
{
	Sluice__Api__Operation *operation = router_port(port_names[port]);

	operation->set_port->mtu = mtu;
	apply(operation);
}

static void configure(void)
{
	for (unsigned p = 0; p < PORTS; p++)
		apply(router_port(port_names[p]));
	for (unsigned t = 0; t < TENANTS; t++)
		set_bridge_domain(t, true);
	for (unsigned p = 0; p < PORTS; p++)
		for (unsigned t = 0; t < TENANTS; t++)
			set_logical_port(p, t, true);
}

static void change(void)
{
	unsigned port = below(PORTS), tenant = below(TENANTS);

	switch (below(7)) {
	case 0:
		if (blocked[port][tenant])
			apply(op_delete(SLUICE__API__OBJECT_KIND__KIND_BLOCK_POINT, name_of("block", port, tenant)));
		else
			apply(op_block_point(name_of("block", port, tenant), port_names[port], vid_of(port, tenant)));
		blocked[port][tenant] = !blocked[port][tenant];
		break;
	case 1:
		set_mtu(port, 80 + below(3) * 700);
		break;
	case 2:
		set_bridge_domain(tenant, below(3) != 0);
		break;
	case 3:
		set_logical_port(port, tenant, below(4) != 0);
		break;
	case 4:
		if (present[port][tenant] && fixed[tenant]) break;
		if (present[port][tenant]) {
			apply(op_delete(SLUICE__API__OBJECT_KIND__KIND_LOGICAL_PORT, name_of("lp", port, tenant)));
			present[port][tenant] = false;
		} else {
			set_logical_port(port, tenant, true);
		}
		break;
	case 5:
		if (fixed[tenant]) {
			apply(op_delete(SLUICE__API__OBJECT_KIND__KIND_STATIC_MAC, name_of("mac", tenant, 0)));
		} else if (present[port][tenant]) {
			apply(op_static_mac(name_of("mac", tenant, 0), name_of("bd", tenant, 0),
					    name_of("lp", port, tenant), 1));
		} else {
			break;
		}
		fixed[tenant] = !fixed[tenant];
		break;
	default:
		// The port's learned addresses go.
		STAGES_CALL(flush, 0, 0);
	}
}

// ---------------------------------------------------------------- packets

static void put_mac(uint8_t *at, unsigned tenant, unsigned port, unsigned host)
{
	// The same in every tenant: only the VLAN keeps them apart.
	RTE_SET_USED(tenant);
	memcpy(at, (uint8_t[]){2, 0, 0, 0, (uint8_t)port, (uint8_t)host}, 6);
}

static void ip_checksum(uint8_t *ip)
{
	uint32_t sum = 0;

	ip[10] = ip[11] = 0;
	for (unsigned i = 0; i < 20; i += 2)
		sum += (uint32_t)(ip[i] << 8 | ip[i + 1]);
	sum = (sum >> 16) + (sum & 0xffff);
	sum = (sum >> 16) + (sum & 0xffff);
	sum = ~sum;
	ip[10] = (uint8_t)(sum >> 8);
	ip[11] = (uint8_t)sum;
}

static uint8_t *put_ipv4(uint8_t *ip, unsigned total)
{
	static const uint8_t protocols[] = {PROTOCOL_UDP, PROTOCOL_UDP, PROTOCOL_TCP, PROTOCOL_ICMP, 47};

	memset(ip, 0, 20);
	ip[0] = below(50) == 0 ? 0x46 : 0x45;
	ip[1] = below(20) == 0 ? 0xb8 : 0;
	ip[2] = (uint8_t)(total >> 8);
	ip[3] = (uint8_t)total;
	if (below(50) == 0) ip[6] = 0x20;
	ip[8] = (uint8_t)(below(20) == 0 ? below(3) : 64);
	ip[9] = protocols[below(sizeof(protocols))];
	memcpy(ip + 12, (uint8_t[]){10, 0, 0, (uint8_t)below(3), 10, 0, 1, (uint8_t)below(3)}, 8);
	ip_checksum(ip);
	if (below(60) == 0) ip[11] ^= 1;
	return ip + 20;
}

static uint8_t *put_ipv6(uint8_t *ip, unsigned total)
{
	memset(ip, 0, 40);
	ip[0] = 0x60;
	ip[4] = (uint8_t)((total - 40) >> 8);
	ip[5] = (uint8_t)(total - 40);
	ip[6] = below(30) == 0 ? 44 : PROTOCOL_UDP;
	ip[7] = (uint8_t)(below(20) == 0 ? below(3) : 64);
	ip[8] = ip[24] = 0x20;
	ip[23] = (uint8_t)below(3);
	ip[39] = (uint8_t)below(3);
	return ip + 40;
}

static void send_one(void)
{
	unsigned port = below(PORTS), tenant = below(TENANTS), to = below(PORTS), length = 60 + below(8) * below(200);
	uint8_t frame[2048] = {0}, *at = frame + 12, *l3;
	unsigned vid = vid_of(port, tenant), kind = below(40);

	put_mac(frame, tenant, to, below(HOSTS));
	put_mac(frame + 6, tenant, port, below(HOSTS));
	if (below(80) == 0) frame[0] |= 1;
	if (below(300) == 0) frame[6] |= 1;
	if (below(200) == 0) memcpy(frame, (uint8_t[]){1, 0x80, 0xc2, 0, 0, 2}, 6);
	if (below(60) == 0) vid = 7 * below(2);
	if (vid != 0 || below(30) == 0) {
		memcpy(at,
		       (uint8_t[]){below(60) == 0 ? 0x88 : 0x81, 0, (uint8_t)(below(10) / 9 << 5 | vid >> 8),
				   (uint8_t)vid},
		       4);
		if (at[0] == 0x88) at[1] = 0xa8;
		at += 4;
	}
	while (below(40) == 0 && at < frame + 28) {
		memcpy(at, (uint8_t[]){0x81, 0, 0, (uint8_t)(1 + below(2))}, 4);
		at += 4;
	}
	l3 = at + 2;
	if (kind < 25) {
		memcpy(at, (uint8_t[]){8, 0}, 2);
		l3 = put_ipv4(l3, length - 14 - below(2) * below(10));
	} else if (kind < 33) {
		memcpy(at, (uint8_t[]){0x86, 0xdd}, 2);
		l3 = put_ipv6(l3, RTE_MAX(length - 14, 48u));
	} else {
		memcpy(at, (uint8_t[]){0x88, (uint8_t)(0xb5 + below(2))}, 2);
	}
	memcpy(l3, (uint8_t[]){4, (uint8_t)below(4), 0, (uint8_t)below(2)}, 4);
	l3[13] = below(10) == 0 ? 2 : 0x10;
	length = RTE_MAX(length, (unsigned)(l3 - frame) + 20);
	if (below(60) == 0) length = 14 + below(40);
	router_send(port_names[port], frame, (uint16_t)length);
}

// A frame of a host at a port, alone in its burst: what is learned of it must not depend on what hits beside it.
static void say(unsigned port, unsigned tenant, unsigned home, unsigned host)
{
	uint8_t frame[60] = {0}, *at = frame + 12;

	put_mac(frame, tenant, (home + 1) % PORTS, host);
	put_mac(frame + 6, tenant, home, host);
	if (vid_of(port, tenant) != 0) {
		memcpy(at, (uint8_t[]){0x81, 0, (uint8_t)(vid_of(port, tenant) >> 8), (uint8_t)vid_of(port, tenant)},
		       4);
		at += 4;
	}
	memcpy(at, (uint8_t[]){0x88, 0xb5}, 2);
	router_receive(port_names[port], frame, sizeof(frame));
}

static void all_say(void)
{
	for (unsigned port = 0; port < PORTS; port++)
		for (unsigned tenant = 0; tenant < TENANTS; tenant++)
			for (unsigned host = 0; host < HOSTS; host++)
				say(port, tenant, port, host);
}

// A host is heard elsewhere, spoken to there, and comes home.
static void move(void)
{
	unsigned tenant = below(TENANTS), home = below(PORTS), host = below(HOSTS),
		 away = (home + 1 + below(PORTS - 1)) % PORTS;

	say(away, tenant, home, host);
	for (unsigned i = 0; i < 8; i++) {
		send_one();
		router_run();
	}
	say(home, tenant, home, host);
}

// ---------------------------------------------------------------- what is compared

static void counters_line(const char *name, const struct counters *c)
{
	fprintf(report,
		"%s %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64, name,
		c->in_octets, c->in_unicast, c->in_multicast, c->in_broadcast, c->out_octets, c->out_unicast,
		c->out_multicast, c->out_broadcast);
	for (unsigned r = 0; r < drop_reason_count(); r++)
		if (c->drops[r] != 0) fprintf(report, " %s=%" PRIu64, drop_reason_name(r), c->drops[r]);
	fprintf(report, "\n");
}

// What a node has seen and what it would have seen. Those at the cache's own ends are not the same.
static void nodes_lines(void)
{
	rte_graph_off_t offset;
	rte_node_t count;
	struct rte_node *node;

	rte_graph_foreach_node(count, offset, workers[0].graph, node)
	{
		if (strcmp(node->name, "flow") == 0 || strcmp(node->name, "flow-credit") == 0) continue;
		if (node->total_objs + flow_skipped(node->id) != 0)
			fprintf(report, "node %s %" PRIu64 "\n", node->name, node->total_objs + flow_skipped(node->id));
	}
}

static void checkpoint(unsigned packet)
{
	const struct dataplane *dp = dataplane_current();

	if (soak) {
		router_forget();
		assert(router_packets_in_use() == 0);
		return;
	}
	for (unsigned p = 0; p < PORTS; p++) {
		for (unsigned i = 0; i < router_frames(port_names[p]); i++) {
			const struct router_frame *frame = router_frame(port_names[p], i);

			hash_frame(p, frame);
		}
	}
	router_forget();
	fprintf(report, "packet %u sent %016" PRIx64 "\n", packet, sent_hash);
	for (uint16_t id = 1; id < MAX_PORTS; id++)
		if (dataplane_port(dp, id) != NULL)
			counters_line(dataplane_port(dp, id)->name, &dataplane_port(dp, id)->counters[0]);
	for (uint32_t id = 1; id < 256; id++) {
		const struct logical_port *lp = dataplane_logical_port(dp, id);
		const struct bridge_domain *bd = dataplane_bridge_domain(dp, id);

		if (lp != NULL) counters_line(lp->name, &lp->counters[0]);
		if (bd != NULL)
			fprintf(report, "%s %" PRIu64 " %" PRIu64 " learned %u\n", bd->name,
				bd->fdb->counters[0].flooded, bd->fdb->counters[0].moves,
				(unsigned)atomic_load(&bridge_fdb.domain[id].learned));
	}
	nodes_lines();
	fflush(report);
}

static int run(bool cached, uint64_t seed, unsigned packets, const char *file)
{
	Sluice__Api__FlowCacheState state = SLUICE__API__FLOW_CACHE_STATE__INIT;

	random_state = seed;
	report = fopen(file, "w");
	assert(report != NULL);
	flow_cache_every_port = cached;
	router_start();
	configure();
	all_say();
	for (unsigned done = 0; done < packets;) {
		unsigned burst = 1 + below(60);

		for (unsigned i = 0; i < burst; i++)
			send_one();
		done += burst;
		router_run();
		checkpoint(done);
		if (below(8) == 0) {
			move();
			checkpoint(done);
		}
		if (below(12) == 0) {
			change();
			checkpoint(done);
			// As it is after the change, then with all addresses known again.
			for (unsigned i = 0; i < 8; i++) {
				send_one();
				router_run();
			}
			checkpoint(done);
			all_say();
			checkpoint(done);
		}
	}
	flow_state(&state);
	if (cached)
		printf("hits %" PRIu64 " + %" PRIu64 ", misses %" PRIu64 ", inserted %" PRIu64 ", invalid %" PRIu64
		       ", entries %u, paths %u, masks %u, in use %u\n",
		       state.exact_hits, state.aggregate_hits, state.misses, state.inserted, state.invalid,
		       state.entries, state.paths, state.aggregate_masks, router_packets_in_use());
	// Without hits the two runs would be the same for no reason.
	int failed = cached && state.exact_hits + state.aggregate_hits < packets / 10;
	failed |= router_packets_in_use() != 0;
	fclose(report);
	router_stop();
	return failed;
}

static bool same_reports(const char *a, const char *b)
{
	FILE *x = fopen(a, "r"), *y = fopen(b, "r");
	static char at[2][4096];
	char where[64] = "";
	bool same = x != NULL && y != NULL;

	while (same) {
		char *more = fgets(at[0], sizeof(at[0]), x), *also = fgets(at[1], sizeof(at[1]), y);

		if (more == NULL && also == NULL) break;
		same = more != NULL && also != NULL && strcmp(at[0], at[1]) == 0;
		if (strncmp(at[0], "packet", 6) == 0) snprintf(where, sizeof(where), "%.40s", at[0]);
		if (!same) printf("differs at %s  without: %s  with:    %s", where, at[0], at[1]);
	}
	if (x != NULL) fclose(x);
	if (y != NULL) fclose(y);
	return same;
}

int main(void)
{
	uint64_t seed = getenv("SEED") != NULL ? strtoull(getenv("SEED"), NULL, 0) : (uint64_t)time(NULL) << 8 | 1;
	unsigned packets = getenv("PACKETS") != NULL ? (unsigned)atoi(getenv("PACKETS")) : 20000;
	char file[2][64];
	int failed = 0;

	printf("SEED=%" PRIu64 " PACKETS=%u\n", seed, packets);
	fflush(stdout);
	soak = getenv("SOAK") != NULL;
	if (soak) return run(true, seed, packets, "/dev/null");
	for (int cached = 0; cached < 2; cached++) {
		int status;
		pid_t child;

		snprintf(file[cached], sizeof(file[0]), "/tmp/flow-differential-%d-%d", (int)getpid(), cached);
		child = fork();
		assert(child >= 0);
		if (child == 0) exit(run(cached != 0, seed, packets, file[cached]));
		assert(waitpid(child, &status, 0) == child);
		if (status != 0) printf("run %d ended with %#x\n", cached, status);
		failed |= status != 0;
	}
	failed |= !same_reports(file[0], file[1]);
	if (!failed || getenv("KEEP") == NULL)
		for (int i = 0; i < 2; i++)
			unlink(file[i]);
	return failed;
}
