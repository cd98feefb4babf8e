// The addresses of L3 interfaces, and which of them the router sends from.
#include <string.h>

#include "../fib/fib.h"
#include "ip.h"
#include "ip6_input.h"

static unsigned size_of(enum ip_version version)
{
	return version == IP_V4 ? 4 : 16;
}

static bool in_prefix(const struct interface_address *a, const uint8_t *address)
{
	unsigned whole = a->prefix_length / 8, rest = a->prefix_length % 8;

	if (memcmp(a->address.bytes, address, whole) != 0) return false;
	return rest == 0 || ((a->address.bytes[whole] ^ address[whole]) >> (8 - rest)) == 0;
}

bool ip_is_own(const struct l3_interface *interface, enum ip_version version, const uint8_t *address)
{
	for (uint32_t i = 0; i < interface->address_count; i++)
		if (interface->addresses[i].version == version &&
		    memcmp(interface->addresses[i].address.bytes, address, size_of(version)) == 0)
			return true;
	return version == IP_V6 && interface->live->has_link_local &&
	       memcmp(interface->live->link_local.bytes, address, 16) == 0;
}

bool ip_on_link(const struct l3_interface *interface, enum ip_version version, const uint8_t *address)
{
	for (uint32_t i = 0; i < interface->address_count; i++)
		if (interface->addresses[i].version == version && in_prefix(&interface->addresses[i], address))
			return true;
	return version == IP_V6 && ip6_is_link_local(address);
}

// RFC 1812, 4.2.2.11; a /31 (RFC 3021) and a /32 have none.
bool ip_is_broadcast(const struct l3_interface *interface, const uint8_t *address)
{
	for (uint32_t i = 0; i < interface->address_count; i++) {
		const struct interface_address *a = &interface->addresses[i];
		uint32_t host, value;

		if (a->version != IP_V4 || a->prefix_length >= 31 || !in_prefix(a, address)) continue;
		host = UINT32_MAX >> a->prefix_length;
		value = ((uint32_t)read_be16(address) << 16 | read_be16(address + 2)) & host;
		if (value == 0 || value == host) return true;
	}
	return false;
}

// ---------------------------------------------------------------- source addresses

static bool first_of(const struct l3_interface *it, enum ip_version version, const uint8_t *destination,
		     struct ip_address *source)
{
	const struct interface_address *found = NULL;

	for (uint32_t i = 0; i < it->address_count; i++) {
		const struct interface_address *a = &it->addresses[i];

		if (a->version != version) continue;
		if (version == IP_V6 && ip6_is_link_local(a->address.bytes)) continue;
		if (found == NULL || (in_prefix(a, destination) && !in_prefix(found, destination))) found = a;
	}
	if (found != NULL) *source = found->address;
	return found != NULL;
}

static bool link_local_of(const struct l3_interface *it, struct ip_address *source)
{
	for (uint32_t i = 0; i < it->address_count; i++)
		if (it->addresses[i].version == IP_V6 && ip6_is_link_local(it->addresses[i].address.bytes)) {
			*source = it->addresses[i].address;
			return true;
		}
	if (it->live->has_link_local) *source = it->live->link_local;
	return it->live->has_link_local;
}

bool ip_source_address(const struct dataplane *dp, const struct l3_interface *interface, enum ip_version version,
		       const uint8_t *destination, struct ip_address *source)
{
	// RFC 6724, rule 2: the scope of the destination; groups of link scope (ff02::) as well.
	if (version == IP_V6 &&
	    (ip6_is_link_local(destination) || (destination[0] == 0xff && (destination[1] & 0xf) <= 2)))
		return link_local_of(interface, source);
	if (first_of(interface, version, destination, source)) return true;
	// An interface without an address of its own (RFC 1812, 5.2.5: the router-id): loopbacks before others.
	for (int loopback = 1; loopback >= 0; loopback--)
		for (uint32_t id = 1; id <= MAX_ID; id++) {
			const struct l3_interface *it;

			if (dp->interfaces.chunk[id / ID_CHUNK] == NULL) {
				id |= ID_CHUNK - 1;
				continue;
			}
			it = dataplane_interface(dp, id);
			if (it != NULL && it->vrf == interface->vrf && it->loopback == loopback &&
			    first_of(it, version, destination, source))
				return true;
		}
	return false;
}

// ---------------------------------------------------------------- by the routes

// NULL: the VRF has no routes of the version.
static const struct next_hop *first_hop(const struct worker *worker, uint32_t vrf_id, enum ip_version version,
					const uint8_t *destination)
{
	const struct vrf *vrf = dataplane_vrf(worker->dataplane, vrf_id);
	uint32_t address, set = 0;

	if (vrf == NULL || vrf->fib[version] == NULL) return NULL;
	if (version == IP_V4) {
		memcpy(&address, destination, sizeof(address));
		fib4_lookup(vrf->fib[version], &address, &set, 1);
	} else {
		fib6_lookup(vrf->fib[version], &destination, &set, 1);
	}
	return &next_hop_set_of(set)->hop[0];
}

const struct l3_interface *ip_way_to(const struct worker *worker, const struct l3_interface *otherwise,
				     enum ip_version version, const uint8_t *destination)
{
	const struct next_hop *hop = first_hop(worker, otherwise->vrf, version, destination);
	const struct l3_interface *out;

	if (version == IP_V6 && ip6_is_link_local(destination)) return otherwise;
	if (hop == NULL || (hop->kind != NEXT_HOP_ADJACENCY && hop->kind != NEXT_HOP_GLEAN)) return otherwise;
	out = dataplane_interface(worker->dataplane, hop->interface);
	return out != NULL ? out : otherwise;
}

const struct l3_interface *ip_owner_of(const struct worker *worker, uint32_t vrf, enum ip_version version,
				       const uint8_t *address)
{
	const struct next_hop *hop = first_hop(worker, vrf, version, address);

	return hop != NULL && hop->kind == NEXT_HOP_LOCAL ? dataplane_interface(worker->dataplane, hop->interface)
							  : NULL;
}
