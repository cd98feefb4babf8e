#include "heard.h"

#include <string.h>

#include "address.h"
#include "control.h"
#include "send.h"

#define LONGEST 1280

static struct ip_address ip4(const uint8_t bytes[4])
{
	struct ip_address address = {{0}};

	memcpy(address.bytes, bytes, 4);
	return address;
}

static struct ip_address ip6(const uint8_t bytes[16])
{
	struct ip_address address;

	memcpy(address.bytes, bytes, sizeof(address.bytes));
	return address;
}

// It speaks to us, so we shall soon speak to it.
static void glean(const struct l3_interface *interface, enum ip_version version, const struct ip_address *address,
		  const struct rte_ether_addr *mac)
{
	struct neighbour *n;

	if (!address_on_link(interface, version, address)) return;
	n = neighbour_make(interface, version, address);
	if (n != NULL) neighbour_step(n, &(struct nud_event){.what = NUD_HEARD, .has_mac = true, .mac = *mac});
}

// ---------------------------------------------------------------- ARP

// Whether the message shows that somebody else has, or wants, an address of ours (RFC 5227, 2.1.1 and 2.4).
static bool conflicts(const struct l3_interface *interface, const struct arp *arp, bool probe)
{
	struct own_address *own = address_find(interface->id, IP_V4, probe ? arp->target : arp->sender);

	if (own == NULL) return false;
	if (rte_is_same_ether_addr(&arp->sender_mac, &interface->live->mac) ||
	    rte_is_same_ether_addr(&arp->sender_mac, address_mac(interface, own)))
		return true; // our own, come back
	if (probe && own->status != STATUS_TENTATIVE) return false;
	address_conflict(own, probe);
	return true;
}

static void answer_arp(const struct l3_interface *interface, const struct arp *asked)
{
	const struct own_address *own = address_find(interface->id, IP_V4, asked->target);
	struct arp arp = {.operation = ARP_REPLY, .target_mac = asked->sender_mac};

	if (own == NULL || own->status != STATUS_PREFERRED) return;
	arp.sender_mac = *address_mac(interface, own);
	memcpy(arp.sender, asked->target, sizeof(arp.sender));
	memcpy(arp.target, asked->sender, sizeof(arp.target));
	send_arp(interface, &arp, &asked->sender_mac);
}

static void arp_of(const struct l3_interface *interface, const struct arp *arp)
{
	static const uint8_t zero[4];
	bool probe = memcmp(arp->sender, zero, sizeof(zero)) == 0;
	bool gratuitous = memcmp(arp->sender, arp->target, sizeof(arp->sender)) == 0;
	bool ours = address_find(interface->id, IP_V4, arp->target) != NULL;
	struct ip_address sender = ip4(arp->sender);
	struct nud_event event = {.what = NUD_HEARD, .has_mac = true, .mac = arp->sender_mac};
	struct neighbour *n;

	if (conflicts(interface, arp, probe)) return;
	if (arp->operation == ARP_REQUEST && ours && !gratuitous) {
		answer_arp(interface, arp);
		if (!probe) glean(interface, IP_V4, &sender, &arp->sender_mac);
		return;
	}
	n = probe ? NULL : neighbour_find(interface->id, IP_V4, &sender);
	if (n == NULL) return;
	if (arp->operation == ARP_REPLY && ours && n->nud.sent != 0) {
		event.what = NUD_ADVERTISED;
		event.solicited = event.override = true;
		event.router = n->nud.router;
	}
	neighbour_step(n, &event);
}

void heard_arp(struct rte_mbuf *m)
{
	const struct packet_meta *meta = packet_meta(m);
	const struct l3_interface *interface = dataplane_interface(dataplane_current(), meta->interface);
	uint8_t scratch[ARP_SIZE];
	const uint8_t *bytes = rte_pktmbuf_read(m, meta->l3_offset, ARP_SIZE, scratch);
	struct arp arp;

	if (interface != NULL && bytes != NULL && arp_parse(bytes, ARP_SIZE, &arp)) arp_of(interface, &arp);
	rte_pktmbuf_free(m);
}

// ---------------------------------------------------------------- Neighbor Discovery

static void answer_nd(const struct l3_interface *interface, const struct own_address *own, const struct nd *asked,
		      const struct rte_ether_addr *from)
{
	static const uint8_t all_nodes[16] = {0xff, 2, [15] = 1}, zero[16];
	bool nobody = memcmp(asked->source, zero, sizeof(zero)) == 0;
	const struct rte_ether_addr *mac = address_mac(interface, own);
	struct nd nd = {.type = ND_TYPE_NEIGHBOUR_ADVERTISEMENT, .has_mac = true, .mac = *mac};
	struct rte_ether_addr to = asked->has_mac ? asked->mac : *from;

	// 7.2.4: to all where the sender has no address yet.
	nd.flags = ND_ROUTER | ND_OVERRIDE | (nobody ? 0 : ND_SOLICITED);
	memcpy(nd.target, asked->target, sizeof(nd.target));
	memcpy(nd.source, asked->target, sizeof(nd.source));
	memcpy(nd.destination, nobody ? all_nodes : asked->source, sizeof(nd.destination));
	if (nobody) nd_group_mac(all_nodes, &to);
	send_nd(interface, &nd, &to, mac);
}

static void solicited(const struct l3_interface *interface, const struct nd *nd, const struct rte_ether_addr *from)
{
	static const uint8_t zero[16];
	struct own_address *own = address_find(interface->id, IP_V6, nd->target);
	bool probe = memcmp(nd->source, zero, sizeof(zero)) == 0;
	struct ip_address source = ip6(nd->source);

	// Our own, come back.
	if (own == NULL || rte_is_same_ether_addr(from, &interface->live->mac)) return;
	if (own->status == STATUS_TENTATIVE) {
		// RFC 4862, 5.4.3: it wants the address too; one that has an address only asks for the owner.
		if (probe) address_conflict(own, true);
		return;
	}
	if (own->status != STATUS_PREFERRED) return;
	if (!probe && nd->has_mac && address_find(interface->id, IP_V6, nd->source) == NULL)
		glean(interface, IP_V6, &source, &nd->mac);
	answer_nd(interface, own, nd, from);
}

static void advertised(const struct l3_interface *interface, const struct nd *nd, const struct rte_ether_addr *from)
{
	struct own_address *own = address_find(interface->id, IP_V6, nd->target);
	struct ip_address target = ip6(nd->target);
	struct neighbour *n;

	if (own != NULL) {
		if (!rte_is_same_ether_addr(from, address_mac(interface, own))) address_conflict(own, false);
		return;
	}
	n = neighbour_find(interface->id, IP_V6, &target);
	if (n == NULL) return;
	neighbour_step(n, &(struct nud_event){.what = NUD_ADVERTISED,
					      .has_mac = nd->has_mac,
					      .mac = nd->mac,
					      .solicited = (nd->flags & ND_SOLICITED) != 0,
					      .override = (nd->flags & ND_OVERRIDE) != 0,
					      .router = (nd->flags & ND_ROUTER) != 0});
}

static void nd_of(const struct l3_interface *interface, const struct nd *nd, const struct rte_ether_addr *from)
{
	struct ip_address source = ip6(nd->source);
	struct neighbour *n;

	switch (nd->type) {
	case ND_TYPE_NEIGHBOUR_SOLICITATION:
		solicited(interface, nd, from);
		break;
	case ND_TYPE_NEIGHBOUR_ADVERTISEMENT:
		advertised(interface, nd, from);
		break;
	case ND_TYPE_ROUTER_SOLICITATION:
		// 6.2.6: tells a MAC, and that it is no router.
		n = nd->has_mac ? neighbour_find(interface->id, IP_V6, &source) : NULL;
		if (n == NULL) break;
		n->nud.router = false;
		neighbour_step(n, &(struct nud_event){.what = NUD_HEARD, .has_mac = true, .mac = nd->mac});
		break;
	}
}

void heard_nd(struct rte_mbuf *m)
{
	const struct packet_meta *meta = packet_meta(m);
	const struct l3_interface *interface = dataplane_interface(dataplane_current(), meta->interface);
	uint32_t length = m->pkt_len - meta->l3_offset;
	uint8_t scratch[LONGEST];
	struct rte_ether_addr from;
	struct nd nd;

	if (interface != NULL && length <= LONGEST) {
		memcpy(&from, rte_pktmbuf_mtod_offset(m, uint8_t *, RTE_ETHER_ADDR_LEN), sizeof(from));
		if (nd_parse(rte_pktmbuf_read(m, meta->l3_offset, length, scratch), length, meta->l4_offset * 4u, &nd))
			nd_of(interface, &nd, &from);
	}
	rte_pktmbuf_free(m);
}
