// The hosts of routed interfaces: they answer ARP (RFC 826) and Neighbor Discovery (RFC 4861), change their MACs, fall
// silent.
#include <rte_ip.h>

#include "../neighbour/table.h"
#include "differential.h"

#define ARP_LENGTH 28
#define SOLICIT    135
#define ADVERTISE  136

struct test_host test_host[INTERFACES][HOSTS];

// What a host is asked, and by whom: noted first and answered in the order of the hosts, because frames of one burst
// may leave in another order with the cache.
static struct {
	bool asked;
	uint8_t mac[6], address[16];
} request[INTERFACES][HOSTS][2];

void host_address4(unsigned interface, unsigned host, uint8_t at[4])
{
	memcpy(at, (uint8_t[]){10, 0, (uint8_t)test_interface[interface].subnet, (uint8_t)(10 + host)}, 4);
}

void host_address6(unsigned interface, unsigned host, uint8_t at[16])
{
	memset(at, 0, 16);
	memcpy(at, (uint8_t[]){0x20, 0x01, 0x0d, 0xb8, 0, (uint8_t)test_interface[interface].subnet}, 6);
	at[15] = (uint8_t)(10 + host);
}

// In a bridge domain the address is one of those that its frames have there.
void host_mac(unsigned interface, unsigned host, uint8_t at[6])
{
	const struct test_host *it = &test_host[interface][host];

	if (test_interface[interface].tenant >= 0)
		l2_mac(at, host, it->mac % HOSTS);
	else
		memcpy(at, (uint8_t[]){2, 0, 0, 1, (uint8_t)interface, (uint8_t)(host + 16 * it->mac)}, 6);
}

const char *host_port(unsigned interface, unsigned host, unsigned *vid)
{
	const struct test_interface *it = &test_interface[interface];

	*vid = it->tenant >= 0 ? l2_vid(host, (unsigned)it->tenant) : (unsigned)it->vid;
	return it->tenant >= 0 ? l2_port_names[host] : l3_port_names[it->port];
}

uint8_t *host_frame(uint8_t *frame, const uint8_t *to, unsigned interface, unsigned host, unsigned type)
{
	uint8_t *at = frame + 12;
	unsigned vid;

	host_port(interface, host, &vid);
	memcpy(frame, to, 6);
	host_mac(interface, host, frame + 6);
	if (vid != 0) {
		memcpy(at, (uint8_t[]){0x81, 0, (uint8_t)(vid >> 8), (uint8_t)vid}, 4);
		at += 4;
	}
	at[0] = (uint8_t)(type >> 8);
	at[1] = (uint8_t)type;
	return at + 2;
}

static void send_alone(unsigned interface, unsigned host, const uint8_t *frame, const uint8_t *end)
{
	unsigned vid;

	router_receive(host_port(interface, host, &vid), frame, (uint16_t)RTE_MAX(end - frame, 60));
	collect();
}

// ---------------------------------------------------------------- what they say

//   hardware 1, protocol 0x0800, 6, 4, operation, sender's MAC and address, target's    RFC 826
static void say_arp(unsigned interface, unsigned host, unsigned operation, const uint8_t *to, const uint8_t *target)
{
	uint8_t frame[128] = {0}, *at = host_frame(frame, to, interface, host, 0x0806);

	memcpy(at, (uint8_t[]){0, 1, 8, 0, 6, 4, 0, (uint8_t)operation}, 8);
	host_mac(interface, host, at + 8);
	host_address4(interface, host, at + 14);
	if (operation == 2) memcpy(at + 18, to, 6);
	memcpy(at + 24, target, 4);
	send_alone(interface, host, frame, at + ARP_LENGTH);
}

//   type, code, checksum, flags, target, option 1 or 2 with the MAC    RFC 4861, 4.3 and 4.4
static void say_nd(unsigned interface, unsigned host, unsigned type, const uint8_t *to, const uint8_t *destination,
		   const uint8_t *target)
{
	uint8_t frame[128] = {0}, *ip = host_frame(frame, to, interface, host, 0x86dd), *nd = ip + 40;

	memcpy(ip, (uint8_t[]){0x60, 0, 0, 0, 0, 32, PROTOCOL_ICMPV6, 255}, 8);
	host_address6(interface, host, ip + 8);
	memcpy(ip + 24, destination, 16);
	nd[0] = (uint8_t)type;
	nd[4] = type == ADVERTISE ? 0x60 : 0; // solicited, override
	memcpy(nd + 8, target, 16);
	nd[24] = type == ADVERTISE ? 2 : 1;
	nd[25] = 1;
	host_mac(interface, host, nd + 26);
	uint16_t sum = rte_ipv6_udptcp_cksum((const struct rte_ipv6_hdr *)(const void *)ip, nd);
	memcpy(nd + 2, &sum, 2);
	send_alone(interface, host, frame, nd + 32);
}

static void say(unsigned interface, unsigned host)
{
	static const uint8_t all[6] = {255, 255, 255, 255, 255, 255};
	uint8_t router4[4], router6[16], group[16] = {0xff, 2, [11] = 1, [12] = 0xff, [15] = 1};

	host_address4(interface, 0, router4);
	router4[3] = 1;
	say_arp(interface, host, 1, all, router4);
	host_address6(interface, 0, router6);
	router6[15] = 1;
	say_nd(interface, host, SOLICIT, (uint8_t[]){0x33, 0x33, 0xff, 0, 0, 1}, group, router6);
}

void hosts_say(void)
{
	for (unsigned i = 0; i < INTERFACES; i++)
		for (unsigned h = 0; h < HOSTS; h++)
			if (!test_host[i][h].dead) say(i, h);
	hosts_answer();
}

bool hosts_any_dead(void)
{
	for (unsigned i = 0; i < INTERFACES; i++)
		for (unsigned h = 0; h < HOSTS; h++)
			if (test_host[i][h].dead) return true;
	return false;
}

static bool is_known(uint32_t interface, enum ip_version version, const struct ip_address *address)
{
	const struct neighbour *n = neighbour_find(interface, version, address);

	return n != NULL && adjacency_of(n->adjacency)->complete;
}

bool hosts_all_known(void)
{
	for (unsigned i = 0; i < INTERFACES; i++)
		for (unsigned h = 0; h < HOSTS; h++) {
			const struct l3_interface *it = router_interface(test_interface[i].name);
			struct ip_address four = {0}, six;

			host_address4(i, h, four.bytes);
			host_address6(i, h, six.bytes);
			if (test_host[i][h].dead) return false;
			if (it->enabled && (!is_known(it->id, IP_V4, &four) || !is_known(it->id, IP_V6, &six)))
				return false;
		}
	return true;
}

// ---------------------------------------------------------------- what they hear

static void note(const char *port, unsigned vid, unsigned version, const uint8_t *target, const uint8_t *mac,
		 const uint8_t *address)
{
	for (unsigned i = 0; i < INTERFACES; i++)
		for (unsigned h = 0; h < HOSTS; h++) {
			uint8_t own[16] = {0};
			unsigned its_vid;

			if (strcmp(host_port(i, h, &its_vid), port) != 0 || its_vid != vid) continue;
			if (version == 0)
				host_address4(i, h, own);
			else
				host_address6(i, h, own);
			if (memcmp(own, target, version == 0 ? 4 : 16) != 0) continue;
			request[i][h][version].asked = true;
			memcpy(request[i][h][version].mac, mac, 6);
			memcpy(request[i][h][version].address, address, version == 0 ? 4 : 16);
		}
}

void hosts_hear(const char *port, const uint8_t *frame, uint16_t length)
{
	const uint8_t *at = frame + 12;
	unsigned vid = 0;

	if (length < 60) return;
	if (at[0] == 0x81 && at[1] == 0) {
		vid = (at[2] & 0xfu) << 8 | at[3];
		at += 4;
	}
	if (at[0] == 0x08 && at[1] == 0x06 && at[9] == 1)
		note(port, vid, 0, at + 26, at + 10, at + 16);
	else if (length >= 86 && at[0] == 0x86 && at[1] == 0xdd && at[8] == PROTOCOL_ICMPV6 && at[42] == SOLICIT)
		note(port, vid, 1, at + 50, frame + 6, at + 10);
}

void hosts_answer(void)
{
	for (bool more = true; more;) {
		more = false;
		for (unsigned i = 0; i < INTERFACES; i++)
			for (unsigned h = 0; h < HOSTS; h++)
				for (unsigned v = 0; v < 2; v++) {
					uint8_t own[16];

					if (!request[i][h][v].asked) continue;
					request[i][h][v].asked = false;
					if (test_host[i][h].dead) continue;
					more = true;
					host_address6(i, h, own);
					if (v == 0)
						say_arp(i, h, 2, request[i][h][v].mac, request[i][h][v].address);
					else
						say_nd(i, h, ADVERTISE, request[i][h][v].mac, request[i][h][v].address,
						       own);
				}
	}
}

// ---------------------------------------------------------------- time

// For the cache a second has passed, too: the next hit of each path says that its neighbour is in use, and drops end.
static void cache_second(void)
{
	struct flow_cache *cache = flow_caches[0];

	for (uint32_t path = 1; cache != NULL && path < cache->paths.fresh; path++)
		cache->paths.hot[path].second--;
}

void hosts_wait(unsigned seconds)
{
	for (unsigned i = 0; i < seconds; i++) {
		router_advance(1000);
		collect();
		hosts_answer();
		cache_second();
	}
}
