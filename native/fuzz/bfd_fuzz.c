// Any BFD Control packet, as it is to the parser, and from a neighbour into a whole router with sessions, with and
// without authentication. The parser stays inside the packet, and what it accepts is the same when written again; no
// session goes up for one that does not know its key; no buffer is lost.
//
// An input is a list of packets: session and what to change (Your Discriminator right, digest right, time that passes),
// TTL, length of the payload, payload.
#include <string.h>

#include "../stages/bfd/bfd.h"
#include "../stages/ip/packet.h"
#include "../testing/router.h"
#include "target.h"

#define SESSIONS 3
#define MS       1000u
#define HEADERS  (14 + 20 + 8)

static const uint8_t key[20] = "secret";
static struct bfd_session *sessions[SESSIONS];
static int edge = -1;
static uint8_t router_mac[6];

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

static void add_session(uint8_t number, bool multihop, uint8_t auth_type)
{
	struct bfd_settings settings = {
		.interface = multihop ? 0 : 1,
		.vrf = multihop ? 1 : 0,
		.version = IP_V4,
		.least_ttl = multihop ? 250 : 255,
		.has_local = true,
		.remote = {{10, 0, 1, (uint8_t)(2 + number)}},
		.local = {{10, 0, 1, 1}},
		.parameters = {10 * MS, 10 * MS, 3, false},
		.auth = {auth_type, 5, "secret"},
	};

	if (auth_type == BFD_AUTH_NONE) settings.auth = (struct bfd_auth){0};
	sessions[number] = bfd_new("fuzz");
	MUST(sessions[number] != NULL);
	bfd_configure(sessions[number], &settings);
}

static void set_up(void)
{
	urgent_by_hand = 1000 * 1000 * MS;
	router_start();
	apply(op_vrf("main"));
	apply(router_port("a"));
	apply(op_logical_port("a", "a", 0, ""));
	apply(op_l3_interface("a", "main", "a", "", "10.0.1.1/24"));
	for (uint8_t i = 0; i < SESSIONS; i++) {
		char address[16] = "10.0.1.2";

		address[7] = (char)('2' + i);
		apply(op_static_neighbour("a", address, (uint8_t)(2 + i)));
	}
	router_advance(5000);
	memcpy(router_mac, &router_interface("a")->live->mac, 6);
	add_session(0, false, BFD_AUTH_NONE);
	add_session(1, false, BFD_AUTH_METICULOUS_SHA1);
	add_session(2, true, BFD_AUTH_KEYED_SHA1);
}

static void parse(const uint8_t *data, size_t size)
{
	struct bfd_packet packet, again;
	uint8_t bytes[BFD_LONGEST], bytes_again[BFD_LONGEST];
	uint32_t length;

	if (bfd_parse(data, (uint32_t)size, &packet) != BFD_FINE) return;
	MUST(size >= BFD_HEADER && data[3] <= size);
	// A section that is not understood is not written.
	if (packet.auth_type != BFD_AUTH_KEYED_SHA1 && packet.auth_type != BFD_AUTH_METICULOUS_SHA1)
		packet.auth_type = 0;
	length = bfd_write(&packet, key, bytes);
	MUST(bfd_parse(bytes, length, &again) == BFD_FINE);
	MUST(bfd_write(&again, key, bytes_again) == length && memcmp(bytes, bytes_again, length) == 0);
	if (packet.auth_type != 0) MUST(bfd_digest_is_right(bytes, key));
}

static void receive(struct bfd_session *session, uint8_t how, uint8_t ttl, const uint8_t *payload, size_t size)
{
	uint32_t discriminator = rte_cpu_to_be_32(session->machine.local_discriminator);
	struct rte_mbuf *m = packet_alloc();
	uint8_t *frame, *ip, *udp;
	struct bfd_packet packet;

	MUST(m != NULL);
	frame = (uint8_t *)rte_pktmbuf_append(m, (uint16_t)(HEADERS + size));
	ip = frame + 14;
	udp = ip + 20;
	memset(frame, 0, HEADERS);
	memcpy(frame, router_mac, 6);
	frame[7] = 9;
	frame[12] = 0x08;
	memcpy(ip,
	       (uint8_t[]){0x45, 0xc0, 0, (uint8_t)(28 + size), 0, 0, 0, 0, ttl, 17, 0, 0, 10, 0, 1, 0, 10, 0, 1, 1},
	       20);
	ip[15] = session->settings.remote.bytes[3];
	packet_ip4_checksum(ip);
	memcpy(udp, session->settings.interface != 0 ? "\xc0\x01\x0e\xc8" : "\xc0\x01\x12\xb0", 4);
	udp[5] = (uint8_t)(8 + size);
	memcpy(udp + 8, payload, size);
	if ((how & 0x10) != 0 && size >= 12) memcpy(udp + 8 + 8, &discriminator, 4);
	if ((how & 0x20) != 0 && bfd_parse(udp + 8, (uint32_t)size, &packet) == BFD_FINE &&
	    packet.auth_type == session->settings.auth.type)
		bfd_write(&packet, key, udp + 8);
	*packet_meta(m) = (struct packet_meta){.ingress_port = 1, .ingress = 1};
	MUST(packet_inject(m, edge, 0) == 0);
	router_run();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool ready;
	uint64_t before[SESSIONS];
	bool changed, forged = true;

	parse(data, size);
	if (!ready) set_up();
	ready = true;
	for (unsigned i = 0; i < SESSIONS; i++)
		before[i] = sessions[i]->counters.became_up;
	for (size_t at = 0; at + 3 <= size;) {
		size_t length = RTE_MIN((size_t)data[at + 2] % 64, size - at - 3);
		uint8_t how = data[at];

		receive(sessions[how % SESSIONS], how, (how & 0x40) != 0 ? data[at + 1] : 255, data + at + 3, length);
		forged &= (how & 0x20) == 0;
		if ((how & 0x80) != 0) urgent_by_hand += data[at + 1] * MS;
		bfd_round(urgent_by_hand, &changed);
		router_run();
		at += 3 + length;
	}
	// Without authentication anybody may.
	for (unsigned i = 1; forged && i < SESSIONS; i++)
		MUST(sessions[i]->counters.became_up == before[i]);
	router_run();
	router_forget();
	MUST(router_packets_in_use() == 0);
	return 0;
}
