// Advertisements on the control thread: the checks of RFC 9568, 7.1, each counted.
#include <string.h>

#include "../ip/ip.h"
#include "../neighbour/address.h"
#include "../neighbour/inbox.h"
#include "vrrp.h"

#define TTL 255

static struct vrrp_router *router_of(uint32_t interface, enum ip_version version, uint8_t vrid)
{
	struct vrrp_router *router = vrrp_routers;

	while (router != NULL && (router->settings.interface != interface || router->settings.version != version ||
				  router->settings.vrid != vrid))
		router = router->next;
	return router;
}

// What cannot be told to belong to one virtual router counts at all of the interface.
static void count_all(uint32_t interface, enum ip_version version, size_t counter)
{
	for (struct vrrp_router *router = vrrp_routers; router != NULL; router = router->next)
		if (router->settings.interface == interface && router->settings.version == version)
			++*(uint64_t *)(void *)((char *)&router->counters + counter);
}

#define COUNTER(field) offsetof(struct vrrp_counters, field)

static void check_list(struct vrrp_router *router, const struct vrrp_packet *packet)
{
	const struct vrrp_settings *settings = &router->settings;
	unsigned size = settings->version == IP_V4 ? 4 : 16;
	bool same = packet->count == settings->count;

	for (unsigned i = 0; same && i < settings->count; i++) {
		bool found = false;

		for (unsigned k = 0; k < packet->count; k++)
			found |= memcmp(settings->addresses[i].bytes, packet->addresses + k * size, size) == 0;
		same = found;
	}
	// 7.1: told, but not dropped.
	if (!same) router->counters.address_list_errors++;
}

static void advertised(struct vrrp_router *router, const struct vrrp_packet *packet, const struct ip_address *source)
{
	const struct l3_interface *it = dataplane_interface(dataplane_current(), router->settings.interface);
	const struct vrrp_settings *settings = &router->settings;
	static const struct ip_address link_local = {{0xfe, 0x80}};
	struct ip_address primary = {{0}};
	struct vrrp_event event = {
		.what = VRRP_ADVERTISEMENT, .priority = packet->priority, .interval = packet->interval};

	router->counters.advertisements_received++;
	if (packet->priority == 0) router->counters.priority_zero_received++;
	check_list(router, packet);
	// Learned from the active one where it is another than ours; 0 is none.
	if (packet->interval != settings->interval) router->counters.interval_errors++;
	if (packet->interval == 0 || it == NULL || settings->priority == VRRP_OWNER) return;
	address_source(it, settings->version, &link_local, &primary);
	event.greater = memcmp(source, &primary, sizeof(*source)) > 0;
	event.held = control_now_ms() - router->started_ms < settings->hold_ms;
	vrrp_run(router, &event);
	if (router->machine.role == VRRP_ROLE_BACKUP && packet->priority != 0) router->active = *source;
}

static void heard(uint32_t interface, enum ip_version version, const uint8_t *ip, const uint8_t *message,
		  uint32_t length)
{
	const uint8_t *source = ip + (version == IP_V4 ? 12 : 8), *destination = source + (version == IP_V4 ? 4 : 16);
	struct ip_address from = {{0}};
	struct vrrp_packet packet;
	struct vrrp_router *router;
	enum vrrp_fault fault;

	memcpy(from.bytes, source, version == IP_V4 ? 4 : 16);
	// Our own, come back.
	if (address_find(interface, version, from.bytes) != NULL) return;
	if (ip[version == IP_V4 ? 8 : 7] != TTL) {
		count_all(interface, version, COUNTER(ttl_errors));
		return;
	}
	fault = vrrp_parse(message, length, version, source, destination, &packet);
	router =
		fault != VRRP_FAULT_LENGTH || length >= VRRP_HEADER ? router_of(interface, version, packet.vrid) : NULL;
	switch (fault) {
	case VRRP_FINE:
		if (router == NULL)
			count_all(interface, version, COUNTER(vrid_errors));
		else if (router->machine.role != VRRP_ROLE_INITIALIZE)
			advertised(router, &packet, &from);
		break;
	case VRRP_FAULT_LENGTH:
		count_all(interface, version, COUNTER(packet_length_errors));
		break;
	case VRRP_FAULT_VERSION:
	case VRRP_FAULT_TYPE:
		count_all(interface, version, COUNTER(version_errors));
		break;
	case VRRP_FAULT_CHECKSUM:
		count_all(interface, version, COUNTER(checksum_errors));
		break;
	}
}

void vrrp_heard(struct rte_mbuf *m)
{
	const struct packet_meta *meta = packet_meta(m);
	uint8_t scratch[60 + VRRP_MOST + 255];
	uint32_t at = meta->l3_offset, l4 = ip_l4_offset(meta), length = m->pkt_len - RTE_MIN(m->pkt_len, at);
	const uint8_t *ip;

	// Longer than any that is meant for us: the interface has one address or some, never 255 of 16 bytes.
	length = RTE_MIN(length, (uint32_t)sizeof(scratch));
	ip = rte_pktmbuf_read(m, at, length, scratch);
	if (ip != NULL && length > l4 && dataplane_interface(dataplane_current(), meta->interface) != NULL)
		heard(meta->interface, ip_version_of(ip), ip, ip + l4, length - l4);
	rte_pktmbuf_free(m);
}

static void poll(void)
{
	inbox_empty(INBOX_VRRP, vrrp_heard);
	port_inject_flush();
}

static void interface_changed(const struct l3_interface *interface)
{
	struct vrrp_router *next;

	for (struct vrrp_router *router = vrrp_routers; router != NULL; router = next) {
		next = router->next;
		if (router->settings.interface == interface->id) vrrp_look(router);
	}
	port_inject_flush();
}

static struct stage vrrp_stage = {
	.name = "vrrp",
	.order = 30, // after neighbours: their addresses are ours to send from
	.poll = poll,
	.interface_changed = interface_changed,
};
STAGE_REGISTER(vrrp_stage);
