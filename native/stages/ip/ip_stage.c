// Wires IP into the rest of the graph: edges to and from nodes that other stages bring.
#include <string.h>

#include <rte_graph.h>

#include "../flow/record.h"
#include "../l3_edges.h"
#include "features.h"
#include "forward.h"
#include "l3_in.h"
#include "listen.h"
#include "packet.h"
#include "reassembly.h"

void node_wire(const char *node, unsigned edge, const char *to)
{
	if (rte_node_from_name(to) == RTE_NODE_ID_INVALID) return;
	rte_node_edge_update(rte_node_from_name(node), (rte_edge_t)edge, &to, 1);
}

static int start(void)
{
	static const char *l2[] = {"classify", "cfm-in", "vlan-in", "block-in", "bridge", "bridge-flood"};
	static const char *in[] = {"l3-in", "urpf", "ip4-options"};
	static const char *out[] = {"ip4-lookup", "ip6-lookup", "ip4-rewrite", "ip6-rewrite"};

	for (unsigned i = 0; i < RTE_DIM(in); i++) {
		node_wire(in[i], FEATURE_ACL_IN, "acl-in");
		node_wire(in[i], FEATURE_POLICER_IN, "policer-in");
	}
	for (unsigned i = 0; i < RTE_DIM(out); i++) {
		node_wire(out[i], FEATURE_ACL_OUT, "acl-out");
		node_wire(out[i], FEATURE_POLICER_OUT, "policer-out");
		node_wire(out[i], FORWARD_HOLD, "neighbour-hold");
	}
	node_wire("l3-in", IN_ARP, "arp-in");
	for (unsigned i = 0; i < RTE_DIM(l2); i++)
		node_wire(l2[i], L3_EDGE, "l3-in");
	icmp_in_start();
	listen_start();
	packet_start();
	return reassembly_start();
}

static void stop(void)
{
	reassembly_stop();
}

// ---------------------------------------------------------------- what flows depend on

// Interfaces that a transaction touches; one that is aborted leaves some behind, which costs a judgement.
static uint64_t touched[MAX_ID / 64 + 1];
static bool any_touched;

static int interface_touched(struct generation *g, const struct l3_interface *old, struct l3_interface *new)
{
	uint32_t id = old != NULL ? old->id : new->id;

	touched[id / 64] |= UINT64_C(1) << id % 64;
	any_touched = true;
	return 0;
}

static void published(struct generation *g)
{
	if (!any_touched) return;
	for (uint32_t i = 0; i < RTE_DIM(touched); i++)
		for (; touched[i] != 0; touched[i] &= touched[i] - 1)
			flow_element_changed(FLOW_INTERFACE, i * 64 + (uint32_t)__builtin_ctzll(touched[i]));
	any_touched = false;
}

static void live_changed(const struct l3_interface *interface)
{
	flow_element_changed(FLOW_INTERFACE, interface->id);
}

static struct stage ip_stage = {
	.name = "ip",
	// After the stages whose nodes it names have made theirs.
	.order = 10,
	.start = start,
	.stop = stop,
	.l3_interface = interface_touched,
	.interface_changed = live_changed,
	.published = published,
	.poll = reassembly_poll,
};
STAGE_REGISTER(ip_stage);
