// One file, although long: a function a kind of object, all to one pattern; apart they could not be compared.
#include "build.h"
#include "e_lmi.h"

#include "kind.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../main/clock.h"
#include "../main/id.h"
#include "../main/stages.h"
#include "../main/worker.h"
#include "../port/bundle.h"
#include "../port/port_io.h"

#define KIND(name)  SLUICE__API__OBJECT_KIND__KIND_##name
#define DEFAULT_MTU 1500
// Of systems and ports, IEEE 802.1AX-2014.
#define DEFAULT_PRIORITY 32768

static struct id_pool port_ids, logical_port_ids, bridge_domain_ids;

void build_start(void)
{
	port_ids = (struct id_pool){.limit = MAX_PORTS - 1};
	logical_port_ids = (struct id_pool){.limit = MAX_ID};
	bridge_domain_ids = (struct id_pool){.limit = MAX_ID};
}

void build_stop(void)
{
	id_pool_free(&port_ids);
	id_pool_free(&logical_port_ids);
	id_pool_free(&bridge_domain_ids);
}

// ---------------------------------------------------------------- ports

static void port_opened(void *arg)
{
	struct port *port = arg;

	port_io_activate(port->io, port->id, port->enabled, port->mtu);
}

static void io_closed(void *io)
{
	port_io_close(io);
}

static void spec_of(const Sluice__Api__Port *port, struct device_spec *spec)
{
	*spec = (struct device_spec){.mtu = (uint16_t)(port->mtu ? port->mtu : DEFAULT_MTU)};
	switch (port->device_case) {
	case SLUICE__API__PORT__DEVICE_AF_PACKET:
		spec->type = DEVICE_AF_PACKET;
		snprintf(spec->name, sizeof(spec->name), "%s", port->af_packet);
		break;
	case SLUICE__API__PORT__DEVICE_AF_XDP:
		spec->type = DEVICE_AF_XDP;
		snprintf(spec->name, sizeof(spec->name), "%s", port->af_xdp);
		break;
	case SLUICE__API__PORT__DEVICE_RING:
		spec->type = DEVICE_RING;
		snprintf(spec->name, sizeof(spec->name), "%s", port->ring);
		break;
	case SLUICE__API__PORT__DEVICE_MEMORY:
		spec->type = DEVICE_MEMORY;
		snprintf(spec->rx_file, sizeof(spec->rx_file), "%s", port->memory->rx_file);
		break;
	case SLUICE__API__PORT__DEVICE_MEMIF:
		spec->type = DEVICE_MEMIF;
		snprintf(spec->name, sizeof(spec->name), "%s", port->memif->socket);
		spec->memif_client = port->memif->role == SLUICE__API__MEMIF_ROLE__MEMIF_CLIENT;
		spec->memif_id = port->memif->id;
		snprintf(spec->secret, sizeof(spec->secret), "%s", port->memif->secret);
		break;
	case SLUICE__API__PORT__DEVICE_VHOST_USER:
		spec->type = DEVICE_VHOST_USER;
		snprintf(spec->name, sizeof(spec->name), "%s", port->vhost_user->socket);
		break;
	case SLUICE__API__PORT__DEVICE_VIRTIO_USER:
		spec->type = DEVICE_VIRTIO_USER;
		snprintf(spec->name, sizeof(spec->name), "%s", port->virtio_user->socket);
		break;
	case SLUICE__API__PORT__DEVICE_PCI:
		spec->type = DEVICE_PCI;
		snprintf(spec->name, sizeof(spec->name), "%s", port->pci->address);
		break;
	case SLUICE__API__PORT__DEVICE_BUNDLE:
		spec->type = DEVICE_BUNDLE;
		break;
	default:
		spec->type = DEVICE_PCAP;
		snprintf(spec->rx_file, sizeof(spec->rx_file), "%s", port->pcap->rx_file);
		snprintf(spec->tx_file, sizeof(spec->tx_file), "%s", port->pcap->tx_file);
		break;
	}
}

// The device for a port that has none, or another than it had.
static int open_io(struct generation *g, struct port *port, const struct device_spec *spec)
{
	struct device_error why = {""};
	struct port_io *io = NULL;
	int rc;

	rc = port_io_open(port->name, spec, &io, &why);
	if (rc == -ENOMEM) return rc;
	if (rc < 0) return generation_refuse(g, rc == -EEXIST || rc == -ENOSPC ? rc : -ENODEV, "%s", why.text);
	if (generation_on_abort(g, io_closed, io) < 0) {
		port_io_close(io);
		return -ENOMEM;
	}
	port->io = io;
	return 0;
}

static void list_ports(struct dataplane *root)
{
	root->port_count = 0;
	for (uint16_t id = 1; id < MAX_PORTS; id++)
		if (root->ports[id] != NULL) root->port_ids[root->port_count++] = id;
}

static struct bundle_config bundle_config_of(const Sluice__Api__BundleDevice *wanted)
{
	struct bundle_config config;

	// Compared as memory.
	memset(&config, 0, sizeof(config));
	config.mode = (uint8_t)wanted->lacp;
	config.fast = wanted->fast;
	config.system_priority = (uint16_t)(wanted->system_priority ? wanted->system_priority : DEFAULT_PRIORITY);
	if (wanted->system.len == sizeof(config.system))
		memcpy(&config.system, wanted->system.data, sizeof(config.system));
	config.key = (uint16_t)wanted->key;
	config.min_links = (uint16_t)(wanted->min_links ? wanted->min_links : 1);
	config.max_links = (uint16_t)(wanted->max_links ? wanted->max_links : BUNDLE_MOST_LINKS);
	return config;
}

static int set_port(struct generation *g, struct change *change)
{
	const Sluice__Api__Port *wanted = change->after->operation->set_port;
	struct object *object = change->object;
	struct dataplane *root = generation_root(g);
	const struct device_kind *kind;
	const struct port *old = NULL;
	struct device_spec spec;
	struct port *new;
	uint32_t id;
	int rc;

	spec_of(wanted, &spec);
	kind = device_kind(spec.type);
	if (spec.mtu > kind->largest_mtu)
		return generation_refuse(g, -EINVAL, "the mtu of %s ports is at most %u", kind->name,
					 kind->largest_mtu);
	if (change->before == NULL) {
		new = generation_alloc(g, sizeof(*new));
		if (new == NULL ||
		    (new->counters = generation_alloc(g, COUNTER_SLOTS * sizeof(struct counters))) == NULL)
			return -ENOMEM;
		rc = kind_take_id(g, &port_ids, "ports", &id);
		if (rc < 0) return rc;
		object->id = id;
		new->id = (uint16_t)id;
		new->since_ns = clock_realtime_ns();
		snprintf(new->name, sizeof(new->name), "%s", wanted->name);
	} else {
		new = generation_port(g, (uint16_t)object->id);
		if (new == NULL) return -ENOMEM;
		old = dataplane_port(generation_before(g), new->id);
	}
	new->enabled = wanted->enabled;
	new->mtu = spec.mtu;
	new->is_bundle = spec.type == DEVICE_BUNDLE;
	new->bundle_config = new->is_bundle ? bundle_config_of(wanted->bundle) : (struct bundle_config){0};
	new->lacp_priority = (uint16_t)(wanted->lacp_port_priority ? wanted->lacp_port_priority : DEFAULT_PRIORITY);
	if (old == NULL || !device_spec_same(&old->io->spec, &spec)) {
		rc = open_io(g, new, &spec);
		if (rc < 0) return rc;
		if (old != NULL && (rc = generation_on_commit(g, io_closed, old->io)) < 0) return rc;
	}
	if ((rc = generation_on_commit(g, port_opened, new)) < 0) return rc;
	root->ports[new->id] = new;
	list_ports(root);
	return STAGES_ASK(port, g, old, new);
}

// All ports have their ids.
static int set_bundle(struct generation *g, struct change *change)
{
	const Sluice__Api__Port *wanted = change->after->operation->set_port;
	struct port *port = generation_port(g, (uint16_t)change->object->id);
	const struct port *bundle;

	if (port == NULL) return -ENOMEM;
	port->bundle = (uint16_t)kind_id(KIND(PORT), wanted->bundle_name);
	if (port->bundle == 0) return 0;
	bundle = dataplane_port(generation_next(g), port->bundle);
	if (bundle == NULL || !bundle->is_bundle)
		return generation_refuse(g, -EINVAL, "port %s is no bundle", wanted->bundle_name);
	if (port->is_bundle) return generation_refuse(g, -EINVAL, "a bundle cannot be a link of a bundle");
	return 0;
}

// All logical ports are where they will be.
static int check_bundle(struct generation *g, struct change *change)
{
	const struct dataplane *next = generation_next(g);
	uint16_t id = (uint16_t)change->object->id;
	unsigned links = 0;

	for (unsigned i = 0; i < next->port_count; i++)
		links += next->ports[next->port_ids[i]]->bundle == id;
	if (links > BUNDLE_MOST_LINKS)
		return generation_refuse(g, -ENOSPC, "a bundle has at most %u links", BUNDLE_MOST_LINKS);
	if (dataplane_port(next, id)->bundle == 0) return 0;
	for (uint32_t i = 1; i <= MAX_ID; i++) {
		const struct logical_port *lp = dataplane_logical_port(next, i);

		if (lp != NULL && lp->port == id)
			return generation_refuse(g, -EINVAL, "a link of a bundle has no logical ports, such as %s",
						 lp->name);
	}
	return 0;
}

static int delete_port(struct generation *g, struct change *change)
{
	struct dataplane *root = generation_root(g);
	const struct port *old = dataplane_port(root, (uint16_t)change->object->id);
	int rc = STAGES_ASK(port, g, old, NULL);

	if (rc < 0) return rc;
	root->ports[old->id] = NULL;
	list_ports(root);
	generation_retire(g, old->counters);
	generation_retire(g, old);
	rc = kind_give_id(g, &port_ids, old->id);
	return rc < 0 ? rc : generation_on_commit(g, io_closed, old->io);
}

// ---------------------------------------------------------------- bridge domains

static int set_bridge_domain(struct generation *g, struct change *change)
{
	const Sluice__Api__BridgeDomain *wanted = change->after->operation->set_bridge_domain;
	struct object *object = change->object;
	const struct bridge_domain *old = NULL;
	struct bridge_domain *new;
	int rc;

	if (change->before == NULL) {
		new = generation_alloc(g, sizeof(*new));
		if (new == NULL || (new->members = generation_alloc(g, sizeof(struct member_list))) == NULL)
			return -ENOMEM;
		rc = kind_take_id(g, &bridge_domain_ids, "bridge domains", &new->id);
		if (rc < 0) return rc;
		object->id = new->id;
		new->since_ns = clock_realtime_ns();
		snprintf(new->name, sizeof(new->name), "%s", wanted->name);
		rc = generation_map_set(g, &generation_root(g)->bridge_domains, new->id, new);
		if (rc < 0) return rc;
	} else {
		new = generation_bridge_domain(g, object->id);
		if (new == NULL) return -ENOMEM;
		old = dataplane_bridge_domain(generation_before(g), new->id);
	}
	new->learning = wanted->learning;
	new->flood_unknown_unicast = wanted->flood_unknown_unicast;
	new->ageing_seconds = wanted->ageing_seconds;
	new->mac_limit = wanted->mac_limit;
	new->mac_move_limit = wanted->mac_move_limit;
	new->mac_move_seconds = wanted->mac_move_seconds ? wanted->mac_move_seconds : 180;
	new->mac_move_hold_seconds = wanted->mac_move_hold_seconds;
	return STAGES_ASK(bridge_domain, g, old, new);
}

static int delete_bridge_domain(struct generation *g, struct change *change)
{
	const struct bridge_domain *old = dataplane_bridge_domain(generation_next(g), change->object->id);
	int rc = STAGES_ASK(bridge_domain, g, old, NULL);

	if (rc < 0) return rc;
	generation_retire(g, old->members);
	generation_retire(g, old);
	rc = generation_map_set(g, &generation_root(g)->bridge_domains, old->id, NULL);
	return rc < 0 ? rc : kind_give_id(g, &bridge_domain_ids, old->id);
}

// ---------------------------------------------------------------- logical ports

static struct vlan_tag tag_of(const Sluice__Api__VlanTag *tag)
{
	bool service = tag->type == SLUICE__API__TAG_TYPE__S_VLAN;

	return (struct vlan_tag){service ? RTE_ETHER_TYPE_QINQ : RTE_ETHER_TYPE_VLAN, (uint16_t)tag->vid};
}

// Which flood list a logical port is in; 0: none.
static uint32_t floods_of(const struct logical_port *lp)
{
	return lp != NULL && lp->enabled ? lp->bridge_domain : 0;
}

static struct storm_limit storm_limit_of(const Sluice__Api__StormLimit *limit)
{
	if (limit == NULL) return (struct storm_limit){0};
	return (struct storm_limit){limit->packets_per_second, limit->bits_per_second};
}

static int set_logical_port(struct generation *g, struct change *change)
{
	const Sluice__Api__LogicalPort *wanted = change->after->operation->set_logical_port;
	struct id_map *map = &generation_root(g)->logical_ports;
	struct object *object = change->object;
	const struct logical_port *old = NULL;
	struct logical_port *new = generation_alloc(g, sizeof(*new));
	int rc;

	if (new == NULL) return -ENOMEM;
	if (change->before == NULL) {
		new->counters = generation_alloc(g, COUNTER_SLOTS * sizeof(struct counters));
		if (new->counters == NULL) return -ENOMEM;
		rc = kind_take_id(g, &logical_port_ids, "logical ports", &new->id);
		if (rc < 0) return rc;
		object->id = new->id;
		new->since_ns = clock_realtime_ns();
		snprintf(new->name, sizeof(new->name), "%s", wanted->name);
	} else {
		old = dataplane_logical_port(generation_next(g), object->id);
		*new = *old;
	}
	new->port = (uint16_t)kind_id(KIND(PORT), wanted->port);
	new->bridge_domain = kind_id(KIND(BRIDGE_DOMAIN), wanted->bridge_domain);
	new->enabled = wanted->enabled;
	new->matches = (uint8_t)wanted->n_match;
	for (size_t i = 0; i < wanted->n_match; i++)
		new->match[i] = tag_of(wanted->match[i]);
	new->rewrite = (uint8_t)wanted->rewrite;
	new->rewrite_tags = (uint8_t)wanted->n_rewrite_tags;
	for (size_t i = 0; i < wanted->n_rewrite_tags; i++)
		new->rewrite_tag[i] = tag_of(wanted->rewrite_tags[i]);
	new->split_horizon_group = wanted->split_horizon_group;
	new->mac_limit = wanted->mac_limit;
	new->storm_limit[STORM_BROADCAST] = storm_limit_of(wanted->storm_broadcast);
	new->storm_limit[STORM_MULTICAST] = storm_limit_of(wanted->storm_multicast);
	new->storm_limit[STORM_UNKNOWN_UNICAST] = storm_limit_of(wanted->storm_unknown_unicast);
	rc = generation_map_set(g, map, new->id, new);
	if (rc < 0) return rc;
	if (floods_of(old) != floods_of(new) && ((rc = generation_member(g, floods_of(old), new->id, false)) < 0 ||
						 (rc = generation_member(g, floods_of(new), new->id, true)) < 0))
		return rc;
	generation_retire(g, old);
	return 0;
}

// The stages see all logical ports as they will be, so that two can exchange their tags.
static int tell_logical_port(struct generation *g, struct change *change)
{
	uint32_t id = change->object->id;
	struct logical_port *new = id_map_get(&generation_root(g)->logical_ports, id);
	const struct logical_port *old =
		change->before != NULL ? dataplane_logical_port(generation_before(g), id) : NULL;

	return STAGES_ASK(logical_port, g, old, new);
}

static int delete_logical_port(struct generation *g, struct change *change)
{
	const struct logical_port *old = dataplane_logical_port(generation_next(g), change->object->id);
	int rc = STAGES_ASK(logical_port, g, old, NULL);

	if (rc < 0 || (rc = generation_member(g, floods_of(old), old->id, false)) < 0) return rc;
	generation_retire(g, old->counters);
	generation_retire(g, old);
	rc = generation_map_set(g, &generation_root(g)->logical_ports, old->id, NULL);
	return rc < 0 ? rc : kind_give_id(g, &logical_port_ids, old->id);
}

// ---------------------------------------------------------------- block points, static addresses, CE notification

static bool moves_block_point(const struct change *change)
{
	const Sluice__Api__BlockPoint *a = change->before->operation->set_block_point;
	const Sluice__Api__BlockPoint *b = change->after->operation->set_block_point;

	return a->vid != b->vid || strcmp(a->port, b->port) != 0;
}

static int set_block_point(struct generation *g, struct change *change)
{
	const Sluice__Api__BlockPoint *wanted = change->after->operation->set_block_point;
	const struct block_point *old = change->before != NULL && !change->moved ? change->before->runtime : NULL;
	struct block_point *new = generation_alloc(g, sizeof(*new));

	if (new == NULL) return -ENOMEM;
	new->port = (uint16_t)kind_id(KIND(PORT), wanted->port);
	new->vid = (uint16_t)wanted->vid;
	new->cause = (uint8_t)wanted->cause;
	snprintf(new->name, sizeof(new->name), "%s", wanted->name);
	new->counters = old != NULL ? old->counters : NULL;
	new->since_ns = old != NULL ? old->since_ns : 0; // set when it is effective
	generation_retire(g, old);
	if (old == NULL && generation_block_change(g, new, true) < 0) return -ENOMEM;
	change->after->runtime = new;
	return STAGES_ASK(block_point, g, old, new);
}

static int delete_block_point(struct generation *g, struct change *change)
{
	const struct block_point *old = change->before->runtime;

	generation_retire(g, old);
	if (generation_block_change(g, old, false) < 0) return -ENOMEM;
	return STAGES_ASK(block_point, g, old, NULL);
}

static bool moves_static_mac(const struct change *change)
{
	const Sluice__Api__StaticMac *a = change->before->operation->set_static_mac;
	const Sluice__Api__StaticMac *b = change->after->operation->set_static_mac;

	return memcmp(a->mac.data, b->mac.data, RTE_ETHER_ADDR_LEN) != 0 ||
	       strcmp(a->bridge_domain, b->bridge_domain) != 0;
}

static int set_static_mac(struct generation *g, struct change *change)
{
	const Sluice__Api__StaticMac *wanted = change->after->operation->set_static_mac;
	const struct static_mac *old = change->before != NULL && !change->moved ? change->before->runtime : NULL;
	struct static_mac *new = generation_alloc(g, sizeof(*new));

	if (new == NULL) return -ENOMEM;
	new->bridge_domain = kind_id(KIND(BRIDGE_DOMAIN), wanted->bridge_domain);
	new->logical_port = kind_id(KIND(LOGICAL_PORT), wanted->logical_port);
	memcpy(&new->mac, wanted->mac.data, sizeof(new->mac));
	snprintf(new->name, sizeof(new->name), "%s", wanted->name);
	change->after->runtime = new;
	generation_retire(g, old);
	return STAGES_ASK(static_mac, g, old, new);
}

static int delete_static_mac(struct generation *g, struct change *change)
{
	generation_retire(g, change->before->runtime);
	return STAGES_ASK(static_mac, g, change->before->runtime, NULL);
}

static uint8_t offsets_of(size_t count, const uint32_t *wanted, const uint32_t *defaults, uint8_t default_count,
			  uint32_t *offsets)
{
	if (count == 0) {
		memcpy(offsets, defaults, default_count * sizeof(*offsets));
		return default_count;
	}
	memcpy(offsets, wanted, count * sizeof(*offsets));
	return (uint8_t)count;
}

static void retire_ce_notification(struct generation *g, const struct ce_notification *ce)
{
	if (ce == NULL) return;
	generation_retire(g, ce->e_lmi);
	generation_retire(g, ce);
}

static int set_ce_notification(struct generation *g, struct change *change)
{
	static const uint32_t mac_move_default[] = {0, 300, 1000, 2000}, default_offsets[] = {0, 200, 1000};
	const Sluice__Api__CeNotification *wanted = change->after->operation->set_ce_notification;
	const struct ce_notification *old = change->before != NULL ? change->before->runtime : NULL;
	struct ce_notification *new = generation_alloc(g, sizeof(*new));

	if (new == NULL) return -ENOMEM;
	new->port = (uint16_t)kind_id(KIND(PORT), wanted->port);
	if (wanted->mac_move != NULL) {
		new->mac_move = wanted->mac_move->enabled;
		new->mac_move_offsets =
			offsets_of(wanted->mac_move->n_offsets_ms, wanted->mac_move->offsets_ms, mac_move_default,
				   RTE_DIM(mac_move_default), new->mac_move_offset_ms);
		new->mac_move_limit = wanted->mac_move->mac_limit ? wanted->mac_move->mac_limit : 100000;
		new->mac_move_frames_per_second = wanted->mac_move->frames_per_second;
	}
	if (wanted->mvrp != NULL) {
		new->mvrp = wanted->mvrp->enabled;
		new->mvrp_offsets = offsets_of(wanted->mvrp->n_offsets_ms, wanted->mvrp->offsets_ms, default_offsets,
					       RTE_DIM(default_offsets), new->mvrp_offset_ms);
		new->mvrp_provider_address = wanted->mvrp->provider_address;
		new->mvrp_registration = (uint8_t)wanted->mvrp->registration;
		new->mvrp_periodic = !wanted->mvrp->periodic_off;
	}
	if (wanted->stp_tc != NULL) {
		new->stp_tc = wanted->stp_tc->enabled;
		new->stp_tc_rst = wanted->stp_tc->kind == SLUICE__API__STP_TC_KIND__STP_TC_RST;
		new->stp_tc_offsets = offsets_of(wanted->stp_tc->n_offsets_ms, wanted->stp_tc->offsets_ms,
						 default_offsets, RTE_DIM(default_offsets), new->stp_tc_offset_ms);
	}
	if (wanted->e_lmi != NULL && wanted->e_lmi->enabled) {
		new->e_lmi = e_lmi_build(g, wanted->e_lmi, wanted->port);
		if (new->e_lmi == NULL) return -ENOMEM;
	}
	if (wanted->lacp != NULL) {
		new->lacp = wanted->lacp->enabled;
		new->lacp_hold_ms = wanted->lacp->hold_ms ? wanted->lacp->hold_ms : 1000;
	}
	if (wanted->carrier != NULL) {
		new->carrier = wanted->carrier->enabled;
		new->carrier_hold_ms = wanted->carrier->hold_ms ? wanted->carrier->hold_ms : 1000;
	}
	new->cfm = wanted->cfm;
	change->after->runtime = new;
	retire_ce_notification(g, old);
	return STAGES_ASK(ce_notification, g, old, new);
}

static int delete_ce_notification(struct generation *g, struct change *change)
{
	retire_ce_notification(g, change->before->runtime);
	return STAGES_ASK(ce_notification, g, change->before->runtime, NULL);
}

// ---------------------------------------------------------------- settings

static int change_settings(struct generation *g, const Sluice__Api__EngineSettings *wanted)
{
	struct dataplane *root = generation_root(g);

	root->settings = (struct engine_settings){
		.mac_limit = wanted->mac_limit ? wanted->mac_limit : DEFAULT_MAC_LIMIT,
		.flow_limit = wanted->flow_limit ? wanted->flow_limit : DEFAULT_FLOW_LIMIT,
		.neighbour_limit = wanted->neighbour_limit ? wanted->neighbour_limit : DEFAULT_NEIGHBOUR_LIMIT,
		.flow_cache_off = wanted->flow_cache_off,
	};
	return STAGES_ASK(settings, g, &generation_before(g)->settings, &root->settings);
}

static int set_settings(struct generation *g, struct change *change)
{
	return change_settings(g, change->after->operation->set_settings);
}

static int delete_settings(struct generation *g, struct change *change)
{
	static const Sluice__Api__EngineSettings defaults = SLUICE__API__ENGINE_SETTINGS__INIT;

	(void)change;
	return change_settings(g, &defaults);
}

// ---------------------------------------------------------------- all of them

struct builder {
	Sluice__Api__ObjectKind kind;
	int (*build)(struct generation *g, struct change *change);
};

static const struct builder deleters[] = {
	{KIND(BLOCK_POINT), delete_block_point},     {KIND(CE_NOTIFICATION), delete_ce_notification},
	{KIND(STATIC_MAC), delete_static_mac},       {KIND(LOGICAL_PORT), delete_logical_port},
	{KIND(BRIDGE_DOMAIN), delete_bridge_domain}, {KIND(PORT), delete_port},
	{KIND(SETTINGS), delete_settings},
};

static const struct builder setters[] = {
	{KIND(SETTINGS), set_settings},
	{KIND(PORT), set_port},
	{KIND(PORT), set_bundle},
	{KIND(BRIDGE_DOMAIN), set_bridge_domain},
	{KIND(LOGICAL_PORT), set_logical_port},
	{KIND(LOGICAL_PORT), tell_logical_port},
	{KIND(PORT), check_bundle},
	{KIND(STATIC_MAC), set_static_mac},
	{KIND(CE_NOTIFICATION), set_ce_notification},
	{KIND(BLOCK_POINT), set_block_point},
};

static Sluice__Api__ErrorCode code_of(int rc)
{
	switch (rc) {
	case -EEXIST:
		return SLUICE__API__ERROR_CODE__ERROR_CONFLICT;
	case -EINVAL:
		return SLUICE__API__ERROR_CODE__ERROR_INVALID;
	case -ENODEV:
		return SLUICE__API__ERROR_CODE__ERROR_DEVICE;
	case -ENOENT:
		return SLUICE__API__ERROR_CODE__ERROR_NOT_FOUND;
	default:
		return SLUICE__API__ERROR_CODE__ERROR_RESOURCE;
	}
}

static int build_one(struct generation *g, int (*build)(struct generation *g, struct change *change),
		     struct change *change, struct api_error *error)
{
	const struct object *object = change->object;
	int rc = build(g, change);

	if (rc >= 0) return 0;
	object_text((struct object_name){object->kind, object->name}, error->object, sizeof(error->object));
	return api_refuse(error, code_of(rc), change->operation, error->object, "%s",
			  generation_refusal(g)[0] != '\0' ? generation_refusal(g) : strerror(-rc));
}

// What refers to others goes first: from the last kind to the first.
static int remove_registered(struct generation *g, struct change *const *changes, unsigned count,
			     const struct object_kind *kind, struct api_error *error)
{
	if (kind == NULL) return 0;
	if (remove_registered(g, changes, count, kind->next, error) < 0) return -1;
	for (unsigned i = 0; i < count; i++)
		if (changes[i]->after == NULL && changes[i]->object->kind == kind->kind &&
		    build_one(g, kind->remove, changes[i], error) < 0)
			return -1;
	return 0;
}

int build_changes(struct generation *g, struct change *const *changes, unsigned count, struct api_error *error)
{
	for (unsigned i = 0; i < count; i++) {
		struct change *change = changes[i];

		if (change->before == NULL || change->after == NULL) continue;
		if (change->object->kind == KIND(BLOCK_POINT))
			change->moved = moves_block_point(change);
		else if (change->object->kind == KIND(STATIC_MAC))
			change->moved = moves_static_mac(change);
	}
	if (remove_registered(g, changes, count, kinds_first(), error) < 0) return -1;
	for (unsigned k = 0; k < RTE_DIM(deleters); k++)
		for (unsigned i = 0; i < count; i++)
			if ((changes[i]->after == NULL || changes[i]->moved) &&
			    changes[i]->object->kind == deleters[k].kind &&
			    build_one(g, deleters[k].build, changes[i], error) < 0)
				return -1;
	for (unsigned k = 0; k < RTE_DIM(setters); k++)
		for (unsigned i = 0; i < count; i++)
			if (changes[i]->after != NULL && changes[i]->object->kind == setters[k].kind &&
			    build_one(g, setters[k].build, changes[i], error) < 0)
				return -1;
	for (const struct object_kind *kind = kinds_first(); kind != NULL; kind = kind->next)
		for (unsigned i = 0; i < count; i++)
			if (changes[i]->after != NULL && changes[i]->object->kind == kind->kind &&
			    build_one(g, kind->build, changes[i], error) < 0)
				return -1;
	if (generation_members_done(g) < 0 || STAGES_ASK(prepared, g) < 0)
		return api_refuse(error, SLUICE__API__ERROR_CODE__ERROR_RESOURCE, 0, "", "out of memory");
	return 0;
}
