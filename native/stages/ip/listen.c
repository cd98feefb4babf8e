#include "listen.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include <rte_graph.h>

#define MOST 32

static struct {
	enum ip_version version;
	uint8_t protocol;
	uint16_t port;
	bool groups;
	const char *node;
} wanted[MOST];
static unsigned wanted_count;

static struct listener by_protocol[IP_VERSIONS][256];
static struct {
	uint16_t port;
	struct listener listener;
} by_port[IP_VERSIONS][MOST];
static unsigned port_count[IP_VERSIONS];

static void want(enum ip_version version, uint8_t protocol, uint16_t port, const char *node, bool groups)
{
	RTE_VERIFY(wanted_count < MOST);
	wanted[wanted_count].version = version;
	wanted[wanted_count].protocol = protocol;
	wanted[wanted_count].port = port;
	wanted[wanted_count].groups = groups;
	wanted[wanted_count].node = node;
	wanted_count++;
}

void ip_listen(enum ip_version version, uint8_t protocol, const char *node, bool groups)
{
	want(version, protocol, 0, node, groups);
}

void ip_listen_udp(enum ip_version version, uint16_t port, const char *node, bool groups)
{
	want(version, IPPROTO_UDP, port, node, groups);
}

static void start_one(rte_node_t local, unsigned i)
{
	struct listener listener = {.groups = wanted[i].groups};
	enum ip_version version = wanted[i].version;

	if (rte_node_from_name(wanted[i].node) == RTE_NODE_ID_INVALID) return;
	listener.edge = (uint8_t)rte_node_edge_count(local);
	rte_node_edge_update(local, RTE_EDGE_ID_INVALID, &wanted[i].node, 1);
	if (wanted[i].port == 0) {
		by_protocol[version][wanted[i].protocol] = listener;
		return;
	}
	by_port[version][port_count[version]].port = wanted[i].port;
	by_port[version][port_count[version]++].listener = listener;
}

void listen_start(void)
{
	rte_node_t local = rte_node_from_name("ip-local");
	const char *punt = "punt";

	if (rte_node_edge_count(local) > LOCAL_EDGES) return;
	rte_node_edge_update(local, LOCAL_PUNT, &punt, 1);
	for (unsigned i = 0; i < wanted_count; i++)
		start_one(local, i);
}

struct listener listener_of(enum ip_version version, uint8_t protocol, uint16_t destination_port)
{
	if (protocol == IPPROTO_UDP)
		for (unsigned i = 0; i < port_count[version]; i++)
			if (by_port[version][i].port == destination_port) return by_port[version][i].listener;
	return by_protocol[version][protocol];
}

const struct l3_interface *punt_interface(const struct worker *worker, const struct l3_interface *it,
					  struct rte_mbuf *m)
{
	const uint8_t *ip = ip_header(m);
	enum ip_version version = ip_version_of(ip);

	if (it == NULL || it->tap != NULL) return it;
	it = ip_owner_of(worker, it->vrf, version, ip + (version == IP_V4 ? 16 : 24));
	return it != NULL && it->tap != NULL ? it : NULL;
}
