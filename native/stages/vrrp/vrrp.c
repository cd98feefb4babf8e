// Virtual routers: the state machine's answers carried out.
#include "vrrp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../flow/record.h"
#include "../neighbour/address.h"
#include "../neighbour/send.h"

#define TTL     255
#define WAIT_MS 500

struct vrrp_router *vrrp_routers;

static const uint8_t group4[4] = {224, 0, 0, 18}, group6[16] = {0xff, 2, [15] = 0x12};
static const struct rte_ether_addr group4_mac = {{0x01, 0x00, 0x5e, 0x00, 0x00, 0x12}},
				   group6_mac = {{0x33, 0x33, 0x00, 0x00, 0x00, 0x12}};

static const struct l3_interface *interface_of(const struct vrrp_router *router)
{
	return dataplane_interface(dataplane_current(), router->settings.interface);
}

static bool is_up(const struct l3_interface *it)
{
	return it != NULL && it->enabled && it->live->link != PORT_LINK_DOWN && it->live->link != PORT_LINK_NOT_PRESENT;
}

// 7.3
static struct rte_ether_addr virtual_mac(const struct vrrp_router *router)
{
	return (struct rte_ether_addr){
		{0x00, 0x00, 0x5e, 0x00, router->settings.version == IP_V4 ? 0x01 : 0x02, router->settings.vrid}};
}

// What an advertisement comes from: the primary IPv4 address, the link-local IPv6 address (5.2.1).
static bool primary_of(const struct vrrp_router *router, struct ip_address *primary)
{
	const struct l3_interface *it = interface_of(router);
	static const struct ip_address link_local = {{0xfe, 0x80}};

	if (it == NULL || !address_source(it, router->settings.version, &link_local, primary)) return false;
	return router->settings.version == IP_V4 || primary->bytes[0] == 0xfe;
}

uint8_t vrrp_priority(const struct vrrp_router *router)
{
	int priority = router->settings.priority;

	if (priority == VRRP_OWNER) return VRRP_OWNER;
	for (unsigned i = 0; i < router->settings.track_count; i++)
		if (!is_up(dataplane_interface(dataplane_current(), router->settings.tracks[i].interface)))
			priority -= router->settings.tracks[i].decrement;
	return (uint8_t)RTE_MAX(priority, 1);
}

static struct vrrp_parameters parameters_of(const struct vrrp_router *router)
{
	return (struct vrrp_parameters){.priority = vrrp_priority(router),
					.interval = router->settings.interval,
					.preempt = router->settings.preempt};
}

// ---------------------------------------------------------------- sending

static void fill_ip4(uint8_t *ip, const struct ip_address *source, uint32_t length)
{
	uint32_t sum = 0;

	memset(ip, 0, 20);
	ip[0] = 0x45;
	ip[1] = 0xc0; // internetwork control (RFC 791)
	ip[2] = (uint8_t)((20 + length) >> 8);
	ip[3] = (uint8_t)(20 + length);
	ip[8] = TTL;
	ip[9] = VRRP_PROTOCOL;
	memcpy(ip + 12, source->bytes, 4);
	memcpy(ip + 16, group4, 4);
	for (unsigned i = 0; i < 20; i += 2)
		sum += (uint32_t)(ip[i] << 8 | ip[i + 1]);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~((sum & 0xffff) + (sum >> 16));
	ip[10] = (uint8_t)(sum >> 8);
	ip[11] = (uint8_t)sum;
}

static void fill_ip6(uint8_t *ip, const struct ip_address *source, uint32_t length)
{
	memset(ip, 0, 40);
	ip[0] = 0x6c; // class CS6, as above
	ip[4] = (uint8_t)(length >> 8);
	ip[5] = (uint8_t)length;
	ip[6] = VRRP_PROTOCOL;
	ip[7] = TTL;
	memcpy(ip + 8, source->bytes, 16);
	memcpy(ip + 24, group6, 16);
}

static void advertise(struct vrrp_router *router, uint8_t priority)
{
	const struct vrrp_settings *settings = &router->settings;
	const struct l3_interface *it = interface_of(router);
	bool v4 = settings->version == IP_V4;
	uint8_t addresses[VRRP_MOST_ADDRESSES * 16], message[VRRP_MOST], *payload;
	struct vrrp_packet packet = {.vrid = settings->vrid,
				     .priority = priority,
				     .interval = settings->interval,
				     .count = settings->count,
				     .addresses = addresses};
	struct rte_ether_addr mac = virtual_mac(router);
	struct ip_address primary;
	struct rte_mbuf *m;
	uint32_t length;

	if (it == NULL || !primary_of(router, &primary)) return;
	for (unsigned i = 0; i < settings->count; i++)
		memcpy(addresses + i * (v4 ? 4 : 16), settings->addresses[i].bytes, v4 ? 4 : 16);
	length = vrrp_write(&packet, settings->version, primary.bytes, v4 ? group4 : group6, message);
	m = frame_new(it, v4 ? &group4_mac : &group6_mac, &mac, v4 ? RTE_ETHER_TYPE_IPV4 : RTE_ETHER_TYPE_IPV6,
		      (v4 ? 20 : 40) + length, &payload);
	if (m == NULL) return;
	if (v4)
		fill_ip4(payload, &primary, length);
	else
		fill_ip6(payload, &primary, length);
	memcpy(payload + (v4 ? 20 : 40), message, length);
	frame_send(m);
	router->counters.advertisements_sent++;
	if (priority == 0) router->counters.priority_zero_sent++;
}

// ---------------------------------------------------------------- being active

// Frames to the virtual MAC are the interface's, ARP and ND for the addresses are answered with it (8.1.2, 8.2.2), and
// the network learns where they are.
static void show(struct vrrp_router *router, bool active)
{
	const struct vrrp_settings *settings = &router->settings;
	const struct l3_interface *it = interface_of(router);
	struct rte_ether_addr mac = virtual_mac(router);
	uint8_t bit = (uint8_t)(1u << settings->vrid % 8);
	bool any = false;

	if (router->shown == active) return;
	router->shown = active;
	if (it != NULL) {
		_Atomic uint8_t *place = &it->live->virtual_routers[settings->version][settings->vrid / 8];

		if (active)
			atomic_fetch_or(place, bit);
		else
			atomic_fetch_and(place, (uint8_t)~bit);
		for (unsigned v = 0; v < IP_VERSIONS; v++)
			for (unsigned i = 0; i < 32; i++)
				any |= atomic_load(&it->live->virtual_routers[v][i]) != 0;
		it->live->has_virtual_routers = any;
		flow_element_changed(FLOW_INTERFACE, it->id);
	}
	for (unsigned i = 0; i < settings->count; i++) {
		if (active && it != NULL)
			address_add_virtual(it, settings->version, &settings->addresses[i], &mac);
		else
			address_remove_virtual(settings->interface, settings->version, &settings->addresses[i], &mac);
	}
}

static void tell(const struct vrrp_router *router)
{
	Sluice__Api__VrrpEvent what = SLUICE__API__VRRP_EVENT__INIT;
	Sluice__Api__Event event = SLUICE__API__EVENT__INIT;

	what.name = (char *)(uintptr_t)router->name;
	what.role = (Sluice__Api__VrrpRole)router->machine.role;
	event.at_ns = control_realtime_ns();
	event.what_case = SLUICE__API__EVENT__WHAT_VRRP;
	event.vrrp = &what;
	event_emit(&event);
}

void vrrp_run(struct vrrp_router *router, const struct vrrp_event *event)
{
	const struct vrrp_parameters parameters = parameters_of(router);
	struct vrrp_result result = vrrp_step(&router->machine, &parameters, event);
	bool changed = result.next.role != router->machine.role;

	router->machine = result.next;
	if (result.send) advertise(router, result.priority);
	if (result.timer == 0)
		timer_disarm(&router->timer);
	else if (result.timer != VRRP_TIMER_KEEP)
		timer_arm(&router->timer, control_now_ms() + result.timer * 10u);
	if (!changed) return;
	router->since_ns = control_realtime_ns();
	if (router->machine.role == VRRP_ROLE_ACTIVE) {
		router->counters.became_active++;
		primary_of(router, &router->active);
	}
	if (router->machine.role == VRRP_ROLE_INITIALIZE) router->active = (struct ip_address){{0}};
	show(router, router->machine.role == VRRP_ROLE_ACTIVE);
	tell(router);
}

static void on_timer(struct timer *timer)
{
	struct vrrp_router *router = container_of(timer, struct vrrp_router, timer);

	if (router->machine.role == VRRP_ROLE_INITIALIZE)
		vrrp_look(router);
	else
		vrrp_run(router, &(struct vrrp_event){.what = VRRP_TIMER});
	port_inject_flush();
}

void vrrp_look(struct vrrp_router *router)
{
	struct ip_address primary;
	bool link = is_up(interface_of(router)), up = link && primary_of(router, &primary);

	if (up && router->machine.role == VRRP_ROLE_INITIALIZE) {
		router->started_ms = control_now_ms();
		vrrp_run(router, &(struct vrrp_event){.what = VRRP_STARTUP});
	} else if (!up && router->machine.role != VRRP_ROLE_INITIALIZE) {
		vrrp_run(router, &(struct vrrp_event){.what = VRRP_SHUTDOWN});
	}
	// An address to speak from is still being looked at for duplicates.
	if (link && !up) timer_arm(&router->timer, control_now_ms() + WAIT_MS);
}

// ---------------------------------------------------------------- life

struct vrrp_router *vrrp_new(const char *name)
{
	struct vrrp_router *router = calloc(1, sizeof(*router));

	if (router == NULL) return NULL;
	snprintf(router->name, sizeof(router->name), "%s", name);
	router->timer.run = on_timer;
	return router;
}

static bool is_the_same(const struct vrrp_settings *a, const struct vrrp_settings *b)
{
	return a->interface == b->interface && a->vrid == b->vrid && a->version == b->version &&
	       (a->priority == VRRP_OWNER) == (b->priority == VRRP_OWNER) && a->count == b->count &&
	       memcmp(a->addresses, b->addresses, a->count * sizeof(a->addresses[0])) == 0;
}

void vrrp_configure(struct vrrp_router *router, const struct vrrp_settings *settings)
{
	if (!router->present) {
		router->present = true;
		router->next = vrrp_routers;
		vrrp_routers = router;
	} else if (!is_the_same(&router->settings, settings)) {
		vrrp_run(router, &(struct vrrp_event){.what = VRRP_SHUTDOWN});
	}
	router->settings = *settings;
	vrrp_look(router);
	port_inject_flush();
}

void vrrp_delete(struct vrrp_router *router)
{
	struct vrrp_router **place = &vrrp_routers;

	if (router->present) {
		vrrp_run(router, &(struct vrrp_event){.what = VRRP_SHUTDOWN});
		while (*place != router)
			place = &(*place)->next;
		*place = router->next;
		port_inject_flush();
	}
	timer_disarm(&router->timer);
	free(router);
}
