// Bundles: keeps the members of each in step with the objects, runs the machines of lacp.h on their frames, links and
// time, and tells ports who collects and who distributes. Control thread.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../main/clock.h"
#include "../../main/control_ring.h"
#include "../../main/log.h"
#include "../../main/stage.h"
#include "../../port/bundle.h"
#include "../../port/hold.h"
#include "lacp.h"
#include "lacp_hold.h"
#include "slow_protocols.h"

#define DEFAULT_PRIORITY 32768

struct member {
	struct lacp_port lacp; // first
	uint16_t port;
	struct bundle *bundle;
	bool collecting, seen;
	uint64_t pdus_in, pdus_out, markers_in, markers_out, errors;
	uint8_t system[2][6]; // of actor and partner, in the state's message
	Sluice__Api__LacpState state;
	struct member *next;
};

struct bundle {
	struct lacp_bundle lacp;
	uint16_t port;
	struct bundle_config config;
	struct member *members;
	struct timer timer;
	bool seen;
	unsigned distributing;
	Sluice__Api__BundleState state;
	struct bundle *next;
};

static struct bundle *bundles;

static struct port_io *io_of(uint16_t id)
{
	const struct port *port = dataplane_port(dataplane_current(), id);

	return port != NULL ? port->io : NULL;
}

static struct member *member_of(uint16_t port)
{
	for (struct bundle *bundle = bundles; bundle != NULL; bundle = bundle->next)
		for (struct member *member = bundle->members; member != NULL; member = member->next)
			if (member->port == port) return member;
	return NULL;
}

// ---------------------------------------------------------------- frames

static const uint8_t slow_protocols_address[6] = {0x01, 0x80, 0xc2, 0x00, 0x00, 0x02};

static bool send_pdu(struct member *member, const uint8_t pdu[LACP_PDU_SIZE])
{
	struct rte_mbuf *m = packet_alloc();
	struct rte_ether_addr own;
	uint8_t *frame;

	if (m == NULL) return false;
	frame = (uint8_t *)rte_pktmbuf_append(m, RTE_ETHER_HDR_LEN + LACP_PDU_SIZE);
	port_address(member->port, &own);
	memcpy(frame, slow_protocols_address, sizeof(slow_protocols_address));
	memcpy(frame + 6, &own, sizeof(own));
	frame[12] = SLOW_PROTOCOLS_TYPE >> 8;
	frame[13] = SLOW_PROTOCOLS_TYPE & 0xff;
	memcpy(frame + RTE_ETHER_HDR_LEN, pdu, LACP_PDU_SIZE);
	return port_inject(member->port, m) == 0;
}

// ---------------------------------------------------------------- the machines and the world

static void tell_ports(struct bundle *bundle)
{
	uint16_t links[BUNDLE_MOST_LINKS];
	unsigned count = 0;
	uint32_t speed = 0;
	struct port_io *io = io_of(bundle->port);
	bool usable = false;

	for (struct member *member = bundle->members; member != NULL; member = member->next) {
		struct port_io *below = io_of(member->port);
		bool collecting = lacp_port_collects(&member->lacp);

		if (below != NULL && member->collecting != collecting)
			__atomic_store_n(&below->collecting, collecting, __ATOMIC_RELEASE);
		member->collecting = collecting;
		usable = usable || member->lacp.enabled;
		if (!lacp_port_distributes(&member->lacp) || count == BUNDLE_MOST_LINKS) continue;
		links[count++] = member->port;
		speed += port_speed_mbps(member->port);
	}
	if (bundle->distributing != count) log_info("bundle", "port=%s links=%u", io != NULL ? io->port : "", count);
	bundle->distributing = count;
	// Without a link that is up it would not be in use anyway.
	port_held(bundle->port, bundle->lacp.held && usable);
	if (io != NULL && io->device != NULL)
		bundle_set_links(io, links, count, count != 0 && count >= bundle->config.min_links, speed);
}

static void run(struct bundle *bundle)
{
	uint64_t now = control_now_ms(), next;
	struct lacp_pdu pdu;
	uint8_t bytes[LACP_PDU_SIZE];

	lacp_bundle_run(&bundle->lacp, now);
	tell_ports(bundle);
	for (struct member *member = bundle->members; member != NULL; member = member->next) {
		if (!lacp_port_transmit(&bundle->lacp, &member->lacp, now, &pdu)) continue;
		lacp_encode(&pdu, bytes);
		if (send_pdu(member, bytes)) member->pdus_out++;
	}
	port_inject_flush();
	next = lacp_bundle_next(&bundle->lacp, now);
	if (next != LACP_NEVER)
		timer_arm(&bundle->timer, RTE_MAX(next, now + 1));
	else
		timer_disarm(&bundle->timer);
}

static void timer_run(struct timer *timer)
{
	run((struct bundle *)((char *)timer - offsetof(struct bundle, timer)));
}

static void receive(struct member *member, uint8_t *pdu, size_t size)
{
	struct lacp_pdu heard;

	if (size == 0) return;
	if (pdu[0] == SLOW_SUBTYPE_MARKER) {
		member->markers_in++;
		if (marker_answer(pdu, size) == 0 && send_pdu(member, pdu)) member->markers_out++;
	} else if (pdu[0] == SLOW_SUBTYPE_LACP && lacp_decode(pdu, size, &heard) == 0) {
		member->pdus_in++;
		lacp_port_receive(&member->bundle->lacp, &member->lacp, &heard, control_now_ms());
	} else {
		member->errors++;
	}
}

static void poll(void)
{
	struct rte_mbuf *m;

	for (unsigned i = 0; i < SLOW_PROTOCOLS_WAITING && (m = control_ring_next(slow_protocols_ring)) != NULL; i++) {
		struct member *member = member_of(packet_meta(m)->ingress_port);

		if (member != NULL && m->data_len >= RTE_ETHER_HDR_LEN) {
			receive(member, rte_pktmbuf_mtod_offset(m, uint8_t *, RTE_ETHER_HDR_LEN),
				(size_t)m->data_len - RTE_ETHER_HDR_LEN);
			run(member->bundle);
		}
		rte_pktmbuf_free(m);
	}
	port_inject_flush();
}

static void link_changed(const struct port *port, enum port_link link)
{
	struct member *member = member_of(port->id);

	if (member == NULL) return;
	lacp_port_enable(&member->lacp, port->enabled && link == PORT_LINK_UP, control_now_ms());
	run(member->bundle);
}

// ---------------------------------------------------------------- objects

static void forget_member(struct member *member)
{
	struct port_io *io = io_of(member->port);

	if (io != NULL) __atomic_store_n(&io->collecting, false, __ATOMIC_RELEASE);
	free(member);
}

static struct bundle *find_bundle(uint16_t port)
{
	struct bundle *bundle = bundles;

	while (bundle != NULL && bundle->port != port)
		bundle = bundle->next;
	return bundle;
}

static void identify(const struct bundle *bundle, const struct port *port, struct lacp_info *actor)
{
	const struct bundle_config *config = &bundle->config;
	struct rte_ether_addr own = config->system;

	if (rte_is_zero_ether_addr(&own)) port_address(bundle->port, &own);
	memcpy(actor->system, &own, sizeof(own));
	actor->system_priority = config->system_priority;
	actor->key = config->key != 0 ? config->key : bundle->port;
	actor->port_priority = port->lacp_priority;
	actor->port = port->id;
}

static bool same_identity(const struct lacp_info *a, const struct lacp_info *b)
{
	return a->system_priority == b->system_priority && memcmp(a->system, b->system, sizeof(a->system)) == 0 &&
	       a->key == b->key && a->port_priority == b->port_priority && a->port == b->port;
}

static void start_member(struct bundle *bundle, struct member *member, const struct port *port)
{
	identify(bundle, port, &member->lacp.actor);
	lacp_port_start(&bundle->lacp, &member->lacp);
}

static struct member *add_member(struct bundle *bundle, const struct port *port)
{
	struct member *member = calloc(1, sizeof(*member));

	if (member == NULL) return NULL;
	member->port = port->id;
	member->bundle = bundle;
	member->next = bundle->members;
	bundle->members = member;
	start_member(bundle, member, port);
	return member;
}

static void keep_bundle(const struct port *port)
{
	struct bundle *bundle = find_bundle(port->id);

	if (bundle == NULL) {
		bundle = calloc(1, sizeof(*bundle));
		if (bundle == NULL) return;
		bundle->port = port->id;
		bundle->timer.run = timer_run;
		bundle->next = bundles;
		bundles = bundle;
	}
	bundle->seen = true;
	if (memcmp(&bundle->config, &port->bundle_config, sizeof(bundle->config)) == 0) return;
	bool anew = bundle->config.mode != port->bundle_config.mode || bundle->config.fast != port->bundle_config.fast;
	bundle->config = port->bundle_config;
	bundle->lacp.mode = (enum lacp_mode)bundle->config.mode;
	bundle->lacp.fast = bundle->config.fast;
	bundle->lacp.max_links = bundle->config.max_links;
	for (struct member *member = bundle->members; anew && member != NULL; member = member->next)
		lacp_port_start(&bundle->lacp, &member->lacp);
}

static void keep_member(const struct port *port)
{
	struct bundle *bundle = find_bundle(port->bundle);
	struct member *member = member_of(port->id);
	struct lacp_info wanted = {0};

	if (bundle == NULL) return;
	if (member != NULL && member->bundle != bundle) return; // taken off below, added at the second call
	if (member == NULL) member = add_member(bundle, port);
	if (member == NULL) return;
	member->seen = true;
	identify(bundle, port, &wanted);
	if (!same_identity(&wanted, &member->lacp.actor)) start_member(bundle, member, port);
	lacp_port_enable(&member->lacp, port->enabled && port_link(port->id) == PORT_LINK_UP, control_now_ms());
}

static void forget_unseen(void)
{
	for (struct bundle **at = &bundles; *at != NULL;) {
		struct bundle *bundle = *at;

		for (struct member **to = &bundle->members; *to != NULL;) {
			struct member *member = *to;

			if (member->seen && bundle->seen) {
				to = &member->next;
				continue;
			}
			*to = member->next;
			forget_member(member);
		}
		if (bundle->seen) {
			at = &bundle->next;
			continue;
		}
		*at = bundle->next;
		timer_disarm(&bundle->timer);
		free(bundle);
	}
}

// The machine's list is the members' own, in the order of their ports.
static void link_ports(struct bundle *bundle)
{
	bundle->lacp.ports = NULL;
	for (struct member *member = bundle->members; member != NULL; member = member->next) {
		struct lacp_port **at = &bundle->lacp.ports;

		while (*at != NULL && (*at)->actor.port < member->lacp.actor.port)
			at = &(*at)->next;
		member->lacp.next = *at;
		*at = &member->lacp;
	}
}

int lacp_hold(uint16_t port, bool held)
{
	struct bundle *bundle = find_bundle(port);

	if (bundle == NULL || bundle->lacp.mode == LACP_MODE_STATIC) return -ENOTSUP;
	if (bundle->lacp.held == held) return 0;
	bundle->lacp.held = held;
	run(bundle);
	return 0;
}

static void published(struct generation *g)
{
	const struct dataplane *dp = dataplane_current();
	bool any = bundles != NULL;

	for (unsigned i = 0; i < dp->port_count; i++)
		any = any || dp->ports[dp->port_ids[i]]->is_bundle;
	if (!any) return;
	for (struct bundle *bundle = bundles; bundle != NULL; bundle = bundle->next) {
		bundle->seen = false;
		for (struct member *member = bundle->members; member != NULL; member = member->next)
			member->seen = false;
	}
	for (unsigned i = 0; i < dp->port_count; i++)
		if (dp->ports[dp->port_ids[i]]->is_bundle) keep_bundle(dp->ports[dp->port_ids[i]]);
	// Twice: who has left one bundle for another is first taken off the one.
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < dp->port_count; i++)
			if (dp->ports[dp->port_ids[i]]->bundle != 0) keep_member(dp->ports[dp->port_ids[i]]);
		forget_unseen();
	}
	for (struct bundle *bundle = bundles; bundle != NULL; bundle = bundle->next) {
		link_ports(bundle);
		run(bundle);
	}
}

static int logical_port_changed(struct generation *g, const struct logical_port *old, struct logical_port *new)
{
	const struct port *port = new != NULL ? dataplane_port(generation_next(g), new->port) : NULL;

	if (port != NULL && port->bundle != 0)
		return generation_refuse(g, -EINVAL, "logical port %s: its port %s is a link of a bundle", new->name,
					 port->name);
	return 0;
}

// ---------------------------------------------------------------- state

static void fill_end(const struct lacp_info *info, uint8_t system[6], Sluice__Api__LacpEnd *end)
{
	memcpy(system, info->system, sizeof(info->system));
	end->system = (ProtobufCBinaryData){sizeof(info->system), system};
	end->system_priority = info->system_priority;
	end->key = info->key;
	end->port_priority = info->port_priority;
	end->port = info->port;
	end->state = info->state;
}

static void port_state(const struct port *port, Sluice__Api__PortState *state)
{
	static Sluice__Api__LacpEnd ends[2 * MAX_PORTS];
	struct member *member = port->bundle != 0 ? member_of(port->id) : NULL;
	struct bundle *bundle = port->is_bundle ? find_bundle(port->id) : NULL;

	if (member != NULL) {
		Sluice__Api__LacpState *lacp = &member->state;
		Sluice__Api__LacpEnd *actor = &ends[2 * port->id], *partner = &ends[2 * port->id + 1];

		*lacp = (Sluice__Api__LacpState)SLUICE__API__LACP_STATE__INIT;
		*actor = (Sluice__Api__LacpEnd)SLUICE__API__LACP_END__INIT;
		*partner = (Sluice__Api__LacpEnd)SLUICE__API__LACP_END__INIT;
		fill_end(&member->lacp.actor, member->system[0], actor);
		fill_end(&member->lacp.partner, member->system[1], partner);
		lacp->actor = actor;
		lacp->partner = partner;
		lacp->selected = (Sluice__Api__LacpSelected)member->lacp.selected;
		lacp->collecting = lacp_port_collects(&member->lacp);
		lacp->distributing = lacp_port_distributes(&member->lacp);
		lacp->pdus_in = member->pdus_in;
		lacp->pdus_out = member->pdus_out;
		lacp->markers_in = member->markers_in;
		lacp->markers_out = member->markers_out;
		lacp->errors = member->errors;
		state->lacp = lacp;
	}
	if (bundle != NULL) {
		bundle->state = (Sluice__Api__BundleState)SLUICE__API__BUNDLE_STATE__INIT;
		bundle->state.distributing_links = bundle->distributing;
		state->bundle = &bundle->state;
	}
}

static int lacp_start(void)
{
	return control_ring_open(&slow_protocols_ring, "slow-protocols", SLOW_PROTOCOLS_WAITING);
}

static void lacp_stop(void)
{
	for (struct bundle *bundle = bundles; bundle != NULL; bundle = bundle->next)
		bundle->seen = false;
	forget_unseen();
	control_ring_close(&slow_protocols_ring);
}

static struct stage lacp_stage = {
	.name = "lacp",
	.start = lacp_start,
	.stop = lacp_stop,
	.logical_port = logical_port_changed,
	.published = published,
	.order = 20,
	.link_changed = link_changed,
	.port_state = port_state,
	.poll = poll,
};
STAGE_REGISTER(lacp_stage);
