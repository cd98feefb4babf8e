#include "kernel_asks.h"

#include <string.h>

#include "../ip/ip.h"
#include "../neighbour/arp.h"
#include "../neighbour/control.h"
#include "../neighbour/nd.h"
#include "tap.h"

#define LONGEST 1280

// The neighbour that a frame asks for.
static bool question(struct rte_mbuf *m, enum ip_version *version, struct ip_address *target)
{
	uint32_t length = m->pkt_len - RTE_ETHER_HDR_LEN;
	uint8_t scratch[LONGEST];
	const uint8_t *packet;
	struct arp arp;
	struct nd nd;

	memset(target, 0, sizeof(*target));
	if (m->pkt_len <= RTE_ETHER_HDR_LEN || length > sizeof(scratch)) return false;
	packet = rte_pktmbuf_read(m, RTE_ETHER_HDR_LEN, length, scratch);
	if (rte_pktmbuf_mtod(m, const uint8_t *)[12] == RTE_ETHER_TYPE_ARP >> 8 &&
	    rte_pktmbuf_mtod(m, const uint8_t *)[13] == (RTE_ETHER_TYPE_ARP & 0xff)) {
		*version = IP_V4;
		if (!arp_parse(packet, length, &arp) || arp.operation != ARP_REQUEST) return false;
		memcpy(target->bytes, arp.target, sizeof(arp.target));
		return memcmp(arp.sender, arp.target, sizeof(arp.sender)) != 0;
	}
	*version = IP_V6;
	if (!nd_parse(packet, length, IP6_SIZE, &nd) || nd.type != ND_TYPE_NEIGHBOUR_SOLICITATION) return false;
	memcpy(target->bytes, nd.target, sizeof(nd.target));
	return true;
}

static void ask(const struct l3_interface *interface, enum ip_version version, const struct ip_address *target)
{
	struct neighbour *n;

	if (ip_is_own(interface, version, target->bytes) || !ip_on_link(interface, version, target->bytes)) return;
	n = neighbour_make(interface, version, target);
	if (n == NULL) return;
	// Known already: the kernel has lost it.
	if (n->is_static || n->nud.state != NUD_INCOMPLETE)
		tap_kernel_set_neighbour(&interface->tap->kernel, version, target, &n->nud.mac);
	neighbour_step(n, &(struct nud_event){.what = NUD_WANTED});
	port_inject_flush();
}

void kernel_asked(struct rte_mbuf *m)
{
	const struct l3_interface *interface =
		dataplane_interface(dataplane_current(), packet_meta(m)->egress_interface);
	struct ip_address target;
	enum ip_version version;

	if (interface != NULL && interface->tap != NULL && tap_is_active(interface->tap) &&
	    question(m, &version, &target))
		ask(interface, version, &target);
	rte_pktmbuf_free(m);
}
