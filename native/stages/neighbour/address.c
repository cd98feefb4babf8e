#include "address.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_random.h>

#include "../../main/stages.h"
#include "send.h"

// RFC 5227, 1.1; the number of probes is the interface's.
#define PROBE_WAIT_MS        1000
#define PROBE_MIN_MS         1000
#define PROBE_MAX_MS         2000
#define ANNOUNCE_WAIT_MS     2000
#define ANNOUNCE_INTERVAL_MS 2000
#define ANNOUNCE_NUM         2
#define DEFEND_INTERVAL_MS   10000
// RFC 4861, 10.
#define RETRANS_MS    1000
#define ADVERTISE_NUM 3
#define ADVERTISE_MS  1000

static struct own_address *lists[MAX_ID + 1];
static const struct rte_ether_addr broadcast = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
static const uint8_t all_nodes[16] = {0xff, 2, [15] = 1};

static unsigned size_of(enum ip_version version)
{
	return version == IP_V4 ? 4 : 16;
}

static bool is_link_local(const uint8_t *address)
{
	return address[0] == 0xfe && (address[1] & 0xc0) == 0x80;
}

struct own_address *address_find(uint32_t interface, enum ip_version version, const uint8_t *address)
{
	struct own_address *own = lists[interface];

	while (own != NULL && (own->version != version || memcmp(own->address.bytes, address, size_of(version)) != 0))
		own = own->next;
	return own;
}

struct own_address *address_next(uint32_t interface, const struct own_address *last)
{
	return last != NULL ? last->next : lists[interface];
}

const struct rte_ether_addr *address_mac(const struct l3_interface *interface, const struct own_address *own)
{
	return own->is_virtual ? &own->mac : &interface->live->mac;
}

static const struct l3_interface *interface_of(const struct own_address *own)
{
	return dataplane_interface(dataplane_current(), own->interface);
}

// ---------------------------------------------------------------- status

static void enter(struct own_address *own, enum address_status status)
{
	Sluice__Api__AddressEvent what = SLUICE__API__ADDRESS_EVENT__INIT;
	Sluice__Api__InterfaceAddressState state = SLUICE__API__INTERFACE_ADDRESS_STATE__INIT;
	Sluice__Api__Event event = SLUICE__API__EVENT__INIT;
	const struct l3_interface *interface = interface_of(own);

	if (own->status == status) return;
	own->status = status;
	if (interface == NULL || own->is_virtual) return;
	if (own->automatic) interface->live->has_link_local = status == STATUS_PREFERRED;
	STAGES_CALL(address_changed, interface);
	state.address.len = size_of(own->version);
	state.address.data = own->address.bytes;
	state.prefix_length = own->prefix_length;
	state.automatic = own->automatic;
	state.status = (Sluice__Api__AddressStatus)status;
	what.interface = (char *)(uintptr_t)interface->name;
	what.address = &state;
	event.at_ns = control_realtime_ns();
	event.what_case = SLUICE__API__EVENT__WHAT_ADDRESS;
	event.address = &what;
	event_emit(&event);
}

static void arm(struct own_address *own, uint64_t in_ms)
{
	// Without memory for a timer the step that waits for it is not taken: an address stays tentative.
	timer_arm(&own->timer, control_now_ms() + in_ms);
}

// ---------------------------------------------------------------- what is sent

static void probe(const struct l3_interface *interface, const struct own_address *own)
{
	if (own->version == IP_V4) {
		struct arp arp = {.operation = ARP_REQUEST, .sender_mac = interface->live->mac};

		memcpy(arp.target, own->address.bytes, sizeof(arp.target));
		send_arp(interface, &arp, &broadcast);
	} else {
		struct nd nd = {.type = ND_TYPE_NEIGHBOUR_SOLICITATION};
		struct rte_ether_addr to;

		memcpy(nd.target, own->address.bytes, sizeof(nd.target));
		nd_solicited_group(nd.target, nd.destination);
		nd_group_mac(nd.destination, &to);
		send_nd(interface, &nd, &to, &interface->live->mac);
	}
}

static void announce(const struct l3_interface *interface, const struct own_address *own)
{
	const struct rte_ether_addr *mac = address_mac(interface, own);

	if (own->version == IP_V4) {
		struct arp arp = {.operation = ARP_REQUEST, .sender_mac = *mac};

		memcpy(arp.sender, own->address.bytes, sizeof(arp.sender));
		memcpy(arp.target, own->address.bytes, sizeof(arp.target));
		send_arp(interface, &arp, &broadcast);
	} else {
		struct nd nd = {.type = ND_TYPE_NEIGHBOUR_ADVERTISEMENT,
				.flags = ND_ROUTER | ND_OVERRIDE,
				.has_mac = true,
				.mac = *mac};
		struct rte_ether_addr to;

		memcpy(nd.target, own->address.bytes, sizeof(nd.target));
		memcpy(nd.source, own->address.bytes, sizeof(nd.source));
		memcpy(nd.destination, all_nodes, sizeof(all_nodes));
		nd_group_mac(nd.destination, &to);
		send_nd(interface, &nd, &to, mac);
	}
}

// ---------------------------------------------------------------- detection

static void announce_next(const struct l3_interface *interface, struct own_address *own)
{
	bool v4 = own->version == IP_V4;

	announce(interface, own);
	if (++own->announced < (v4 ? ANNOUNCE_NUM : ADVERTISE_NUM)) arm(own, v4 ? ANNOUNCE_INTERVAL_MS : ADVERTISE_MS);
}

static void on_timer(struct timer *timer)
{
	struct own_address *own = container_of(timer, struct own_address, timer);
	const struct l3_interface *interface = interface_of(own);

	if (interface == NULL) return;
	if (own->status == STATUS_PREFERRED) {
		announce_next(interface, own);
	} else if (own->status == STATUS_TENTATIVE && own->probes < interface->dad_transmits) {
		probe(interface, own);
		own->probes++;
		if (own->version == IP_V6)
			arm(own, RETRANS_MS);
		else if (own->probes < interface->dad_transmits)
			arm(own, PROBE_MIN_MS + rte_rand_max(PROBE_MAX_MS - PROBE_MIN_MS));
		else
			arm(own, ANNOUNCE_WAIT_MS);
	} else if (own->status == STATUS_TENTATIVE) {
		enter(own, STATUS_PREFERRED);
		own->announced = 0;
		announce_next(interface, own);
	}
	port_inject_flush();
}

static void begin(const struct l3_interface *interface, struct own_address *own)
{
	own->probes = own->announced = 0;
	if (interface->dad_transmits == 0 || interface->loopback || own->is_virtual) {
		enter(own, STATUS_PREFERRED);
		if (!interface->loopback) announce_next(interface, own);
		return;
	}
	enter(own, STATUS_TENTATIVE);
	// Interfaces that come up together do not ask together.
	arm(own, rte_rand_max(PROBE_WAIT_MS));
}

void address_conflict(struct own_address *own, bool probing)
{
	const struct l3_interface *interface = interface_of(own);

	if (own->is_virtual || interface == NULL) return;
	if (own->status == STATUS_TENTATIVE) {
		timer_disarm(&own->timer);
		enter(own, STATUS_DUPLICATE);
	} else if (own->status == STATUS_PREFERRED && !probing && own->version == IP_V4 &&
		   control_now_ms() - own->defended_ms >= DEFEND_INTERVAL_MS) {
		// A router keeps its address (RFC 5227, 2.4 (c)): it is what hosts have as their gateway.
		own->defended_ms = control_now_ms();
		announce(interface, own);
		port_inject_flush();
	}
}

// ---------------------------------------------------------------- in step with the interface

static struct own_address *add(uint32_t interface, enum ip_version version, const struct ip_address *address,
			       uint8_t prefix_length)
{
	struct own_address *own = calloc(1, sizeof(*own));

	if (own == NULL) return NULL;
	own->interface = (uint16_t)interface;
	own->version = (uint8_t)version;
	own->prefix_length = prefix_length;
	own->address = *address;
	own->status = STATUS_INACCESSIBLE;
	own->timer.run = on_timer;
	own->next = lists[interface];
	lists[interface] = own;
	return own;
}

static void take_out(struct own_address **place)
{
	struct own_address *own = *place;

	*place = own->next;
	timer_disarm(&own->timer);
	free(own);
}

// RFC 4291, appendix A: the MAC with FFFE in its middle and the universal bit inverted.
static bool link_local_of(const struct l3_interface *interface, struct ip_address *address)
{
	const uint8_t *mac = interface->live->mac.addr_bytes;

	for (uint32_t i = 0; i < interface->address_count; i++)
		if (interface->addresses[i].version == IP_V6 && is_link_local(interface->addresses[i].address.bytes))
			return false;
	if (!interface->ip[IP_V6] || interface->loopback || rte_is_zero_ether_addr(&interface->live->mac)) return false;
	*address = (struct ip_address){
		{0xfe, 0x80, [8] = mac[0] ^ 0x02, mac[1], mac[2], 0xff, 0xfe, mac[3], mac[4], mac[5]}};
	return true;
}

static struct own_address *keep(uint32_t interface, enum ip_version version, const struct ip_address *address,
				uint8_t prefix_length)
{
	struct own_address *own = lists[interface];

	while (own != NULL &&
	       (own->is_virtual || own->version != version || memcmp(&own->address, address, sizeof(*address)) != 0))
		own = own->next;
	if (own == NULL) own = add(interface, version, address, prefix_length);
	if (own == NULL) return NULL;
	own->prefix_length = prefix_length;
	own->kept = true;
	return own;
}

static void keep_all(const struct l3_interface *interface)
{
	struct ip_address link_local;
	struct own_address *own;

	for (uint32_t i = 0; i < interface->address_count; i++)
		keep(interface->id, interface->addresses[i].version, &interface->addresses[i].address,
		     interface->addresses[i].prefix_length);
	if (!link_local_of(interface, &link_local)) {
		interface->live->has_link_local = false;
		interface->live->link_local = (struct ip_address){{0}};
		return;
	}
	own = keep(interface->id, IP_V6, &link_local, 64);
	if (own == NULL) return;
	own->automatic = true;
	if (memcmp(&interface->live->link_local, &link_local, sizeof(link_local)) == 0) return;
	interface->live->has_link_local = false;
	interface->live->link_local = link_local;
}

void addresses_sync(const struct l3_interface *interface)
{
	bool up = interface->enabled && interface->live->link != PORT_LINK_DOWN &&
		  interface->live->link != PORT_LINK_NOT_PRESENT && !rte_is_zero_ether_addr(&interface->live->mac);

	for (struct own_address *own = lists[interface->id]; own != NULL; own = own->next)
		own->kept = own->is_virtual;
	keep_all(interface);
	for (struct own_address **place = &lists[interface->id]; *place != NULL;) {
		struct own_address *own = *place;
		bool new_mac = !own->is_virtual && !rte_is_same_ether_addr(&own->mac, &interface->live->mac);

		if (!own->kept) {
			take_out(place);
			continue;
		}
		place = &own->next;
		if (!up) {
			timer_disarm(&own->timer);
			enter(own, STATUS_INACCESSIBLE);
		} else if (own->status == STATUS_INACCESSIBLE || (new_mac && own->status == STATUS_DUPLICATE)) {
			begin(interface, own);
		} else if (new_mac && own->status == STATUS_PREFERRED) {
			own->announced = 0;
			announce_next(interface, own);
		}
		if (!own->is_virtual) own->mac = interface->live->mac;
	}
	port_inject_flush();
}

void addresses_gone(uint32_t interface)
{
	while (lists[interface] != NULL)
		take_out(&lists[interface]);
}

void addresses_stop(void)
{
	for (uint32_t id = 0; id <= MAX_ID; id++)
		addresses_gone(id);
}

// ---------------------------------------------------------------- virtual routers

int address_add_virtual(const struct l3_interface *interface, enum ip_version version, const struct ip_address *address,
			const struct rte_ether_addr *mac)
{
	struct own_address *own = add(interface->id, version, address, (uint8_t)(size_of(version) * 8));

	if (own == NULL) return -ENOMEM;
	own->is_virtual = true;
	own->mac = *mac;
	begin(interface, own);
	return 0;
}

void address_remove_virtual(uint32_t interface, enum ip_version version, const struct ip_address *address,
			    const struct rte_ether_addr *mac)
{
	for (struct own_address **place = &lists[interface]; *place != NULL; place = &(*place)->next) {
		struct own_address *own = *place;

		if (!own->is_virtual || own->version != version || !rte_is_same_ether_addr(&own->mac, mac) ||
		    memcmp(&own->address, address, sizeof(*address)) != 0)
			continue;
		take_out(place);
		return;
	}
}

// ---------------------------------------------------------------- questions

static bool in_prefix(const uint8_t *prefix, unsigned length, const uint8_t *address)
{
	unsigned whole = length / 8, rest = length % 8;

	if (memcmp(prefix, address, whole) != 0) return false;
	return rest == 0 || ((prefix[whole] ^ address[whole]) >> (8 - rest)) == 0;
}

bool address_on_link(const struct l3_interface *interface, enum ip_version version, const struct ip_address *address)
{
	for (uint32_t i = 0; i < interface->address_count; i++)
		if (interface->addresses[i].version == version &&
		    in_prefix(interface->addresses[i].address.bytes, interface->addresses[i].prefix_length,
			      address->bytes))
			return true;
	return version == IP_V6 && is_link_local(address->bytes);
}

bool address_source(const struct l3_interface *interface, enum ip_version version, const struct ip_address *to,
		    struct ip_address *source)
{
	const struct own_address *best = NULL;
	bool best_fits = false;

	for (const struct own_address *own = lists[interface->id]; own != NULL; own = own->next) {
		bool fits = in_prefix(own->address.bytes, own->prefix_length, to->bytes);

		if (own->version != version || own->is_virtual || own->status != STATUS_PREFERRED) continue;
		if (best == NULL || (fits && !best_fits)) {
			best = own;
			best_fits = fits;
		}
	}
	if (best != NULL) *source = best->address;
	return best != NULL;
}

bool address_usable(const struct l3_interface *interface, enum ip_version version, const struct ip_address *address)
{
	const struct own_address *own = address_find(interface->id, version, address->bytes);

	return own != NULL && own->status == STATUS_PREFERRED;
}
