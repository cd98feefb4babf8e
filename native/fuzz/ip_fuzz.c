// Damaged IP packets into a whole router: nothing crashes, and no packet is lost; what is kept is within the bounds of
// reassembly. An input is a list of packets: template, size of segments, count of changes, changes (offset, exclusive
// or). The highest bit of the template says that an IPv4 checksum is left wrong.
#include <netinet/in.h>
#include <string.h>

#include "../main/stage.h"
#include "../stages/ip/packet.h"
#include "../stages/ip/reassembly.h"
#include "../stages/neighbour/neighbour.h"
#include "../testing/router.h"
#include "target.h"

static int edge = -1;
static const struct l3_interface *in;

static int start(void)
{
	edge = inject_edge("l3-in");
	return edge < 0 ? edge : 0;
}

static struct stage fuzz_stage = {.name = "fuzz", .start = start, .order = 100};
STAGE_REGISTER(fuzz_stage);

static void apply(Sluice__Api__Operation *operation)
{
	MUST(router_apply(operation, NULL) == NULL);
}

static void set_up(void)
{
	Sluice__Api__Operation *small;

	router_start();
	apply(op_vrf("main"));
	apply(router_port("a"));
	apply(router_port("b"));
	apply(op_logical_port("a", "a", 0, ""));
	apply(op_logical_port("b", "b", 0, ""));
	apply(op_l3_interface("a", "main", "a", "", "10.0.1.1/24 2001:db8:1::1/64"));
	small = op_l3_interface("b", "main", "b", "", "10.0.2.1/24 2001:db8:2::1/64");
	small->set_l3_interface->mtu = 1280;
	small->set_l3_interface->urpf_ipv4 = 1;
	apply(small);
	apply(op_static_neighbour("a", "10.0.1.2", 2));
	apply(op_static_neighbour("a", "2001:db8:1::2", 2));
	apply(op_static_neighbour("b", "10.0.2.2", 3));
	apply(op_static_neighbour("b", "2001:db8:2::2", 3));
	in = dataplane_interface(dataplane_current(), dataplane_logical_port(dataplane_current(), 1)->interface);
}

// ---------------------------------------------------------------- templates

enum { FORWARD, LOCAL, ECHO_REQUEST, FIRST, LAST, LONG, OPTIONS, HOP_BY_HOP, ROUTING, TEMPLATES };

static const uint8_t host4[4] = {10, 0, 1, 2}, own4[4] = {10, 0, 1, 1}, far4[4] = {10, 0, 2, 2};
static const uint8_t host6[16] = {0x20, 1, 0xd, 0xb8, 0, 1, [15] = 2}, own6[16] = {0x20, 1, 0xd, 0xb8, 0, 1, [15] = 1},
		     far6[16] = {0x20, 1, 0xd, 0xb8, 0, 2, [15] = 2};

static size_t template4(unsigned kind, uint8_t *ip)
{
	bool forwarded = kind == FORWARD || kind == LONG || kind == OPTIONS;
	unsigned header = kind == OPTIONS ? 32 : 20, payload = kind == LONG ? 1400 : 64;

	memset(ip, 0, header + payload);
	ip[0] = (uint8_t)(0x40 | header / 4);
	ip[2] = (uint8_t)((header + payload) >> 8);
	ip[3] = (uint8_t)(header + payload);
	ip[6] = kind == FIRST ? 0x20 : 0;
	ip[7] = kind == LAST ? 8 : 0;
	ip[8] = 9;
	ip[9] = kind == ECHO_REQUEST || kind == FIRST || kind == LAST ? IPPROTO_ICMP : IPPROTO_UDP;
	memcpy(ip + 12, host4, 4);
	memcpy(ip + 16, forwarded ? far4 : own4, 4);
	if (kind == OPTIONS) memcpy(ip + 20, (uint8_t[]){7, 7, 4, 0, 0, 0, 0, 68, 5, 5, 0, 0}, 12);
	if (kind == ECHO_REQUEST || kind == FIRST) ip[20] = 8;
	if (kind == ECHO_REQUEST) memcpy(ip + 22, (uint8_t[]){0xf7, 0xff}, 2);
	return header + payload;
}

static size_t template6(unsigned kind, uint8_t *ip)
{
	bool forwarded = kind == FORWARD || kind == LONG;
	unsigned payload = kind == LONG ? 1400 : 72;

	memset(ip, 0, 40 + payload);
	ip[0] = 0x60;
	ip[4] = (uint8_t)(payload >> 8);
	ip[5] = (uint8_t)payload;
	ip[6] = kind == ECHO_REQUEST ? IPPROTO_ICMPV6 : IPPROTO_UDP;
	ip[7] = 9;
	memcpy(ip + 8, host6, 16);
	memcpy(ip + 24, forwarded ? far6 : own6, 16);
	ip[40] = kind == ECHO_REQUEST ? 128 : IPPROTO_ICMPV6;
	if (kind == FIRST || kind == LAST) ip[6] = IPPROTO_FRAGMENT;
	if (kind == FIRST) ip[43] = 1;
	if (kind == LAST) ip[43] = 64;
	if (kind == OPTIONS) ip[6] = IPPROTO_DSTOPTS;
	if (kind == HOP_BY_HOP) ip[6] = IPPROTO_HOPOPTS;
	if (kind == ROUTING) ip[6] = IPPROTO_ROUTING;
	return 40 + payload;
}

// ---------------------------------------------------------------- packets

static void put_in(const uint8_t *frame, size_t size, size_t piece)
{
	struct rte_mbuf *first = packet_alloc();

	for (size_t done = 0; first != NULL && done < size;) {
		size_t length = RTE_MIN(size - done, piece);
		struct rte_mbuf *segment = done == 0 ? first : packet_alloc();

		MUST(segment != NULL);
		memcpy(rte_pktmbuf_append(segment, (uint16_t)length), frame + done, length);
		if (segment != first) MUST(rte_pktmbuf_chain(first, segment) == 0);
		done += length;
	}
	MUST(first != NULL);
	*packet_meta(first) = (struct packet_meta){.ingress_port = 1, .ingress = 1};
	MUST(packet_inject(first, edge, 0) == 0);
	router_run();
}

static void one(const uint8_t *changes, size_t count, uint8_t kind, size_t piece)
{
	uint8_t frame[14 + 2048];
	bool v6 = (kind & 1) != 0;
	size_t size = v6 ? template6(kind / 2 % TEMPLATES, frame + 14) : template4(kind / 2 % TEMPLATES, frame + 14);

	memcpy(frame, &in->live->mac, 6);
	memcpy(frame + 6, (uint8_t[]){2, 0, 0, 0, 0, 2}, 6);
	frame[12] = v6 ? 0x86 : 0x08;
	frame[13] = v6 ? 0xdd : 0x00;
	for (size_t i = 0; i + 1 < count; i += 2)
		frame[12 + changes[i] % 120] ^= changes[i + 1];
	if (!v6 && (kind & 0x80) == 0 && (frame[14] & 0xf) >= 5) packet_ip4_checksum(frame + 14);
	put_in(frame, 14 + size, piece);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool ready;

	if (!ready) set_up();
	ready = true;
	for (size_t at = 0; at + 3 <= size;) {
		size_t count = RTE_MIN((size_t)data[at + 2] % 16, (size - at - 3) / 2);

		one(data + at + 3, count * 2, data[at], data[at + 1] % 4 != 0 ? 2000 : 23u + data[at + 1]);
		at += 3 + count * 2;
	}
	MUST(router_packets_in_use() <= REASSEMBLY_ALL * 4);
	return 0;
}
