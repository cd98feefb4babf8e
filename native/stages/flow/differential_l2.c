// Bridge domains: three tenants on four ports, hosts with the same addresses in each.
#include "../block-point/block_map.h"
#include "../bridge/bridge.h"
#include "differential.h"

const char *const l2_port_names[PORTS] = {"p0", "p1", "p2", "p3"};
static bool blocked[PORTS][TENANTS], present[PORTS][TENANTS], fixed[TENANTS];

// ---------------------------------------------------------------- what is configured

// Tenant 0 is untagged, 1 keeps its tag, 2 takes it off and has it under another number at each port.
unsigned l2_vid(unsigned port, unsigned tenant)
{
	return tenant == 0 ? 0 : 100 * tenant + (tenant == 2 ? port : 0);
}

static void set_logical_port(unsigned port, unsigned tenant, bool enabled)
{
	Sluice__Api__Operation *operation = op_logical_port(name_of("lp", port, tenant), l2_port_names[port],
							    l2_vid(port, tenant), name_of("bd", tenant, 0));

	operation->set_logical_port->enabled = enabled;
	if (tenant == 2) operation->set_logical_port->rewrite = SLUICE__API__TAG_REWRITE__REWRITE_POP;
	apply(operation);
	present[port][tenant] = true;
}

static void set_bridge_domain(unsigned tenant, bool floods)
{
	Sluice__Api__Operation *operation = op_bridge_domain(name_of("bd", tenant, 0), 0);

	operation->set_bridge_domain->flood_unknown_unicast = floods;
	apply(operation);
}

static void set_mtu(unsigned port, unsigned mtu)
{
	Sluice__Api__Operation *operation = router_port(l2_port_names[port]);

	operation->set_port->mtu = mtu;
	apply(operation);
}

void l2_configure(void)
{
	for (unsigned p = 0; p < PORTS; p++)
		apply(router_port(l2_port_names[p]));
	for (unsigned t = 0; t < TENANTS; t++)
		set_bridge_domain(t, true);
	for (unsigned p = 0; p < PORTS; p++)
		for (unsigned t = 0; t < TENANTS; t++)
			set_logical_port(p, t, true);
}

void l2_change(void)
{
	unsigned port = below(PORTS), tenant = below(TENANTS);

	switch (below(7)) {
	case 0:
		if (blocked[port][tenant])
			apply(op_delete(SLUICE__API__OBJECT_KIND__KIND_BLOCK_POINT, name_of("block", port, tenant)));
		else
			apply(op_block_point(name_of("block", port, tenant), l2_port_names[port],
					     l2_vid(port, tenant)));
		blocked[port][tenant] = !blocked[port][tenant];
		break;
	case 1:
		set_mtu(port, 80 + below(3) * 700);
		break;
	case 2:
		set_bridge_domain(tenant, below(3) != 0);
		break;
	case 3:
		set_logical_port(port, tenant, below(4) != 0);
		break;
	case 4:
		if (present[port][tenant] && fixed[tenant]) break;
		if (present[port][tenant]) {
			apply(op_delete(SLUICE__API__OBJECT_KIND__KIND_LOGICAL_PORT, name_of("lp", port, tenant)));
			present[port][tenant] = false;
		} else {
			set_logical_port(port, tenant, true);
		}
		break;
	case 5:
		if (fixed[tenant]) {
			apply(op_delete(SLUICE__API__OBJECT_KIND__KIND_STATIC_MAC, name_of("mac", tenant, 0)));
		} else if (present[port][tenant]) {
			apply(op_static_mac(name_of("mac", tenant, 0), name_of("bd", tenant, 0),
					    name_of("lp", port, tenant), 1));
		} else {
			break;
		}
		fixed[tenant] = !fixed[tenant];
		break;
	default:
		// The port's learned addresses go.
		STAGES_CALL(flush, 0, 0);
	}
}

void l2_repair(void)
{
	for (unsigned port = 0; port < PORTS; port++)
		for (unsigned tenant = 0; tenant < TENANTS; tenant++) {
			const char *block = name_of("block", port, tenant);

			if (blocked[port][tenant]) apply(op_delete(SLUICE__API__OBJECT_KIND__KIND_BLOCK_POINT, block));
			blocked[port][tenant] = false;
			set_logical_port(port, tenant, true);
		}
	for (unsigned tenant = 0; tenant < TENANTS; tenant++)
		set_bridge_domain(tenant, true);
	for (unsigned port = 0; port < PORTS; port++)
		set_mtu(port, 0);
}

// ---------------------------------------------------------------- packets

// The same in every tenant: only the VLAN keeps them apart.
void l2_mac(uint8_t *at, unsigned port, unsigned host)
{
	memcpy(at, (uint8_t[]){2, 0, 0, 0, (uint8_t)port, (uint8_t)host}, 6);
}

void ip_checksum(uint8_t *ip)
{
	uint32_t sum = 0;

	ip[10] = ip[11] = 0;
	for (unsigned i = 0; i < (ip[0] & 0xfu) * 4; i += 2)
		sum += (uint32_t)(ip[i] << 8 | ip[i + 1]);
	sum = (sum >> 16) + (sum & 0xffff);
	sum = (sum >> 16) + (sum & 0xffff);
	sum = ~sum;
	ip[10] = (uint8_t)(sum >> 8);
	ip[11] = (uint8_t)sum;
}

uint8_t *put_ipv4(uint8_t *ip, unsigned total)
{
	static const uint8_t protocols[] = {PROTOCOL_UDP, PROTOCOL_UDP, PROTOCOL_TCP, PROTOCOL_ICMP, 47};

	memset(ip, 0, 20);
	ip[0] = below(50) == 0 ? 0x46 : 0x45;
	// No operation (RFC 791, 3.1).
	memset(ip + 20, 1, (ip[0] & 0xfu) * 4 - 20);
	ip[1] = below(20) == 0 ? 0xb8 : 0;
	ip[2] = (uint8_t)(total >> 8);
	ip[3] = (uint8_t)total;
	if (below(50) == 0) ip[6] = 0x20;
	ip[8] = (uint8_t)(below(20) == 0 ? below(3) : 64);
	ip[9] = protocols[below(sizeof(protocols))];
	memcpy(ip + 12, (uint8_t[]){10, 0, 0, (uint8_t)below(3), 10, 0, 1, (uint8_t)below(3)}, 8);
	ip_checksum(ip);
	if (below(60) == 0) ip[11] ^= 1;
	return ip + (ip[0] & 0xfu) * 4;
}

static uint8_t *put_ipv6(uint8_t *ip, unsigned total)
{
	memset(ip, 0, 40);
	ip[0] = 0x60;
	ip[4] = (uint8_t)((total - 40) >> 8);
	ip[5] = (uint8_t)(total - 40);
	ip[6] = below(30) == 0 ? 44 : PROTOCOL_UDP;
	ip[7] = (uint8_t)(below(20) == 0 ? below(3) : 64);
	ip[8] = ip[24] = 0x20;
	ip[23] = (uint8_t)below(3);
	ip[39] = (uint8_t)below(3);
	return ip + 40;
}

void l2_send(void)
{
	unsigned port = below(PORTS), tenant = below(TENANTS), to = below(PORTS), length = 60 + below(8) * below(200);
	uint8_t frame[2048] = {0}, *at = frame + 12, *l3;
	unsigned vid = l2_vid(port, tenant), kind = below(40);

	l2_mac(frame, to, below(HOSTS));
	l2_mac(frame + 6, port, below(HOSTS));
	if (below(80) == 0) frame[0] |= 1;
	if (below(300) == 0) frame[6] |= 1;
	if (below(200) == 0) memcpy(frame, (uint8_t[]){1, 0x80, 0xc2, 0, 0, 2}, 6);
	if (below(60) == 0) vid = 7 * below(2);
	if (vid != 0 || below(30) == 0) {
		memcpy(at,
		       (uint8_t[]){below(60) == 0 ? 0x88 : 0x81, 0, (uint8_t)(below(10) / 9 << 5 | vid >> 8),
				   (uint8_t)vid},
		       4);
		if (at[0] == 0x88) at[1] = 0xa8;
		at += 4;
	}
	while (below(40) == 0 && at < frame + 28) {
		memcpy(at, (uint8_t[]){0x81, 0, 0, (uint8_t)(1 + below(2))}, 4);
		at += 4;
	}
	l3 = at + 2;
	if (kind < 25) {
		memcpy(at, (uint8_t[]){8, 0}, 2);
		l3 = put_ipv4(l3, length - 14 - below(2) * below(10));
	} else if (kind < 33) {
		memcpy(at, (uint8_t[]){0x86, 0xdd}, 2);
		l3 = put_ipv6(l3, RTE_MAX(length - 14, 48u));
	} else {
		memcpy(at, (uint8_t[]){0x88, (uint8_t)(0xb5 + below(2))}, 2);
	}
	memcpy(l3, (uint8_t[]){4, (uint8_t)below(4), 0, (uint8_t)below(2)}, 4);
	l3[13] = below(10) == 0 ? 2 : 0x10;
	length = RTE_MAX(length, (unsigned)(l3 - frame) + 20);
	if (below(60) == 0) length = 14 + below(40);
	send_frame(l2_port_names[port], frame, (uint16_t)length);
}

// A frame of a host at a port, alone in its burst: what is learned of it must not depend on what hits beside it.
static void say(unsigned port, unsigned tenant, unsigned home, unsigned host)
{
	uint8_t frame[60] = {0}, *at = frame + 12;
	unsigned vid = l2_vid(port, tenant);

	l2_mac(frame, (home + 1) % PORTS, host);
	l2_mac(frame + 6, home, host);
	if (vid != 0) {
		memcpy(at, (uint8_t[]){0x81, 0, (uint8_t)(vid >> 8), (uint8_t)vid}, 4);
		at += 4;
	}
	memcpy(at, (uint8_t[]){0x88, 0xb5}, 2);
	router_receive(l2_port_names[port], frame, sizeof(frame));
}

void l2_say_all(void)
{
	for (unsigned port = 0; port < PORTS; port++)
		for (unsigned tenant = 0; tenant < TENANTS; tenant++)
			for (unsigned host = 0; host < HOSTS; host++)
				say(port, tenant, port, host);
}

void l2_move(void)
{
	unsigned tenant = below(TENANTS), home = below(PORTS), host = below(HOSTS),
		 away = (home + 1 + below(PORTS - 1)) % PORTS;

	say(away, tenant, home, host);
	for (unsigned i = 0; i < 8; i++) {
		l2_send();
		router_run();
	}
	say(home, tenant, home, host);
}

// ---------------------------------------------------------------- what is compared

static void counter_values(const char *object, const struct counters *c)
{
	numbers(object, "in and out", c, offsetof(struct counters, drops));
	drop_values(object, c->drops);
}

static void block_point_values(const struct port *port)
{
	for (uint16_t vid = 0; port->blocks != NULL && vid < 4096; vid++) {
		const struct block_point *point = block_map_get(port->blocks, vid);

		if (point == NULL) continue;
		value(point->name, "in", point->counters[0].in_dropped);
		value(point->name, "out", point->counters[0].out_dropped);
	}
}

void l2_values(void)
{
	const struct dataplane *dp = dataplane_current();

	for (uint16_t id = 1; id < MAX_PORTS; id++) {
		const struct port *port = dataplane_port(dp, id);

		if (port == NULL) continue;
		counter_values(port->name, &port->counters[0]);
		block_point_values(port);
	}
	// A freed id comes again as late as possible.
	for (uint32_t id = 1; id <= MAX_ID; id++) {
		const struct logical_port *lp = dataplane_logical_port(dp, id);
		const struct bridge_domain *bd = dataplane_bridge_domain(dp, id);

		if (dp->logical_ports.chunk[id / ID_CHUNK] == NULL && dp->bridge_domains.chunk[id / ID_CHUNK] == NULL) {
			id |= ID_CHUNK - 1;
			continue;
		}
		if (lp != NULL) counter_values(lp->name, &lp->counters[0]);
		if (bd == NULL) continue;
		value(bd->name, "flooded", bd->fdb->counters[0].flooded);
		value(bd->name, "moves", bd->fdb->counters[0].moves);
		value(bd->name, "learned", atomic_load(&bridge_fdb.domain[id].learned));
	}
}
