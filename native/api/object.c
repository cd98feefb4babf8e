#include "object.h"
#include "e_lmi.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "kind.h"
#include "state.h"

#define OP(name)   SLUICE__API__OPERATION__OP_##name
#define KIND(name) SLUICE__API__OBJECT_KIND__KIND_##name

int api_refuse(struct api_error *error, Sluice__Api__ErrorCode code, uint32_t operation, const char *object,
	       const char *format, ...)
{
	va_list args;

	error->code = code;
	error->operation = operation;
	if (object != error->object) snprintf(error->object, sizeof(error->object), "%s", object);
	va_start(args, format);
	vsnprintf(error->message, sizeof(error->message), format, args);
	va_end(args);
	return -1;
}

void object_text(struct object_name name, char *text, size_t size)
{
	static const char *const kinds[KINDS] = {
		"object",     "port",        "logical-port",    "bridge-domain",
		"static-mac", "block-point", "ce-notification", "settings",
	};

	const struct object_kind *kind = kind_of(name.kind);

	snprintf(text, size, "%s:%s",
		 kind != NULL                  ? kind->label
		 : (unsigned)name.kind < KINDS ? kinds[name.kind]
					       : "object",
		 name.name);
}

bool operation_name(const Sluice__Api__Operation *operation, struct object_name *name, bool *deletes)
{
	const struct object_kind *kind = kind_of_set(operation->op_case);

	*deletes = false;
	if (kind != NULL) {
		*name = (struct object_name){kind->kind, kind->name(operation)};
		return true;
	}
	switch (operation->op_case) {
	case OP(SET_PORT):
		*name = (struct object_name){KIND(PORT), operation->set_port->name};
		return true;
	case OP(SET_LOGICAL_PORT):
		*name = (struct object_name){KIND(LOGICAL_PORT), operation->set_logical_port->name};
		return true;
	case OP(SET_BRIDGE_DOMAIN):
		*name = (struct object_name){KIND(BRIDGE_DOMAIN), operation->set_bridge_domain->name};
		return true;
	case OP(SET_STATIC_MAC):
		*name = (struct object_name){KIND(STATIC_MAC), operation->set_static_mac->name};
		return true;
	case OP(SET_BLOCK_POINT):
		*name = (struct object_name){KIND(BLOCK_POINT), operation->set_block_point->name};
		return true;
	case OP(SET_CE_NOTIFICATION):
		*name = (struct object_name){KIND(CE_NOTIFICATION), operation->set_ce_notification->port};
		return true;
	case OP(SET_SETTINGS):
		*name = (struct object_name){KIND(SETTINGS), ""};
		return true;
	case OP(DELETE):
		*deletes = true;
		*name = (struct object_name){operation->delete_->kind, operation->delete_->name};
		if (name->kind == KIND(SETTINGS)) name->name = "";
		return true;
	default:
		return false;
	}
}

// ---------------------------------------------------------------- ranges

static int invalid(struct api_error *error, const char *what)
{
	return api_refuse(error, SLUICE__API__ERROR_CODE__ERROR_INVALID, 0, "", "%s", what);
}

static bool text_ok(const char *text, size_t least, size_t most)
{
	size_t size = strnlen(text, most + 1);

	if (size < least || size > most) return false;
	for (size_t i = 0; i < size; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f) return false;
	return true;
}

// What the kernel takes as the name of a network device.
static bool device_ok(const char *name)
{
	return text_ok(name, 1, 15) && strpbrk(name, "/ :") == NULL && strcmp(name, ".") != 0 &&
	       strcmp(name, "..") != 0;
}

static const char socket_wanted[] = "socket is an absolute path of at most 107 bytes without comma, = and quotes";

// What can stand in the arguments of a DPDK device.
static bool argument_ok(const char *text, size_t least, size_t most)
{
	return text_ok(text, least, most) && strpbrk(text, ",=[]\"'\\ ") == NULL;
}

static bool socket_ok(const char *path)
{
	return argument_ok(path, 2, 107) && path[0] == '/';
}

// 0000:03:00.0
static bool pci_ok(const char *address)
{
	static const char shape[] = "xxxx:xx:xx.f";

	if (!text_ok(address, sizeof(shape) - 1, sizeof(shape) - 1)) return false;
	for (size_t i = 0; i < sizeof(shape) - 1; i++) {
		bool digit = address[i] >= '0' && address[i] <= '9', letter = address[i] >= 'a' && address[i] <= 'f';

		if (shape[i] == 'x' ? !digit && !letter
				    : (shape[i] == 'f' ? address[i] < '0' || address[i] > '7' : address[i] != shape[i]))
			return false;
	}
	return true;
}

static int check_bundle(const Sluice__Api__BundleDevice *bundle, struct api_error *error)
{
	if (bundle->lacp < SLUICE__API__LACP_MODE__LACP_STATIC || bundle->lacp > SLUICE__API__LACP_MODE__LACP_PASSIVE)
		return invalid(error, "lacp is not known");
	if (bundle->system_priority > UINT16_MAX || bundle->key > UINT16_MAX)
		return invalid(error, "system_priority and key are at most 65535");
	if (bundle->system.len != 0 && (bundle->system.len != 6 || bundle->system.data[0] & 1))
		return invalid(error, "system is 6 bytes, unicast");
	if (bundle->min_links > 32 || bundle->max_links > 32) return invalid(error, "a bundle has at most 32 links");
	return 0;
}

static int check_port(const Sluice__Api__Port *port, struct api_error *error)
{
	switch (port->device_case) {
	case SLUICE__API__PORT__DEVICE_AF_PACKET:
		if (!device_ok(port->af_packet)) return invalid(error, "af_packet is not the name of a network device");
		break;
	case SLUICE__API__PORT__DEVICE_AF_XDP:
		if (!device_ok(port->af_xdp)) return invalid(error, "af_xdp is not the name of a network device");
		break;
	case SLUICE__API__PORT__DEVICE_RING:
		if (!text_ok(port->ring, 1, 63)) return invalid(error, "ring is a name of 1 to 63 bytes");
		break;
	case SLUICE__API__PORT__DEVICE_PCAP:
		if (!text_ok(port->pcap->rx_file, 0, 255) || !text_ok(port->pcap->tx_file, 0, 255) ||
		    (port->pcap->rx_file[0] == '\0' && port->pcap->tx_file[0] == '\0'))
			return invalid(error, "pcap needs a file to read or to write, of at most 255 bytes");
		break;
	case SLUICE__API__PORT__DEVICE_MEMORY:
		if (!engine_identity.bench)
			return invalid(error, "memory is for an engine that was started with --bench");
		if (!text_ok(port->memory->rx_file, 0, 255)) return invalid(error, "rx_file is of at most 255 bytes");
		break;
	case SLUICE__API__PORT__DEVICE_MEMIF:
		if (!socket_ok(port->memif->socket)) return invalid(error, socket_wanted);
		if (!argument_ok(port->memif->secret, 0, 24)) return invalid(error, "secret is of at most 24 bytes");
		if (port->memif->role != SLUICE__API__MEMIF_ROLE__MEMIF_SERVER &&
		    port->memif->role != SLUICE__API__MEMIF_ROLE__MEMIF_CLIENT)
			return invalid(error, "role is not known");
		break;
	case SLUICE__API__PORT__DEVICE_VHOST_USER:
		if (!socket_ok(port->vhost_user->socket)) return invalid(error, socket_wanted);
		break;
	case SLUICE__API__PORT__DEVICE_VIRTIO_USER:
		if (!socket_ok(port->virtio_user->socket)) return invalid(error, socket_wanted);
		break;
	case SLUICE__API__PORT__DEVICE_PCI:
		if (!pci_ok(port->pci->address)) return invalid(error, "address is such as 0000:03:00.0");
		break;
	case SLUICE__API__PORT__DEVICE_BUNDLE:
		if (check_bundle(port->bundle, error) < 0) return -1;
		break;
	default:
		return invalid(error, "a port needs a device");
	}
	if (port->lacp_port_priority > UINT16_MAX) return invalid(error, "lacp_port_priority is at most 65535");
	if (port->mtu != 0 && (port->mtu < 68 || port->mtu > 9216))
		return invalid(error, "mtu is 68 to 9216, or 0 for 1500");
	return 0;
}

static bool tags_ok(size_t count, Sluice__Api__VlanTag *const *tags)
{
	for (size_t i = 0; i < count; i++)
		if (tags[i]->vid < 1 || tags[i]->vid > 4094 ||
		    (tags[i]->type != SLUICE__API__TAG_TYPE__C_VLAN && tags[i]->type != SLUICE__API__TAG_TYPE__S_VLAN))
			return false;
	return true;
}

static bool storm_ok(const Sluice__Api__StormLimit *limit)
{
	return limit == NULL || (limit->packets_per_second <= 1000000000 && limit->bits_per_second <= 1000000000000 &&
				 (limit->bits_per_second == 0 || limit->bits_per_second >= 1000));
}

static int check_logical_port(const Sluice__Api__LogicalPort *lp, struct api_error *error)
{
	if (lp->n_match > 2) return invalid(error, "match has at most 2 tags");
	if (!storm_ok(lp->storm_broadcast) || !storm_ok(lp->storm_multicast) || !storm_ok(lp->storm_unknown_unicast))
		return invalid(error,
			       "a storm limit is at most 10^9 packets and 10^12 bits a second, and at least 1000 bits");
	if (!tags_ok(lp->n_match, lp->match) || !tags_ok(lp->n_rewrite_tags, lp->rewrite_tags))
		return invalid(error, "a tag is C_VLAN or S_VLAN with a VID of 1 to 4094");
	switch (lp->rewrite) {
	case SLUICE__API__TAG_REWRITE__REWRITE_NONE:
		if (lp->n_rewrite_tags != 0)
			return invalid(error, "rewrite_tags go with REWRITE_TRANSLATE and REWRITE_PUSH");
		return 0;
	case SLUICE__API__TAG_REWRITE__REWRITE_POP:
		if (lp->n_rewrite_tags != 0)
			return invalid(error, "rewrite_tags go with REWRITE_TRANSLATE and REWRITE_PUSH");
		if (lp->n_match == 0) return invalid(error, "REWRITE_POP needs tags that matched");
		return 0;
	case SLUICE__API__TAG_REWRITE__REWRITE_TRANSLATE:
		if (lp->n_match == 0) return invalid(error, "REWRITE_TRANSLATE needs tags that matched");
		// fall through
	case SLUICE__API__TAG_REWRITE__REWRITE_PUSH:
		if (lp->n_rewrite_tags < 1 || lp->n_rewrite_tags > 2) return invalid(error, "rewrite_tags are 1 or 2");
		return 0;
	default:
		return invalid(error, "rewrite is not known");
	}
}

static int check_static_mac(const Sluice__Api__StaticMac *mac, struct api_error *error)
{
	static const uint8_t zero[6];

	if (mac->mac.len != 6 || (mac->mac.data[0] & 1) != 0 || memcmp(mac->mac.data, zero, 6) == 0)
		return invalid(error, "mac is 6 bytes, unicast and not zero");
	return 0;
}

static bool offsets_ok(size_t count, const uint32_t *offsets)
{
	if (count > 8) return false;
	for (size_t i = 0; i < count; i++)
		if (offsets[i] > 60000) return false;
	return true;
}

static int check_ce_notification(const Sluice__Api__CeNotification *ce, struct api_error *error)
{
	if (ce->mac_move != NULL && !offsets_ok(ce->mac_move->n_offsets_ms, ce->mac_move->offsets_ms))
		return invalid(error, "mac_move has at most 8 offsets of at most 60000 ms");
	if (ce->mvrp != NULL && !offsets_ok(ce->mvrp->n_offsets_ms, ce->mvrp->offsets_ms))
		return invalid(error, "mvrp has at most 8 offsets of at most 60000 ms");
	if (ce->stp_tc != NULL && !offsets_ok(ce->stp_tc->n_offsets_ms, ce->stp_tc->offsets_ms))
		return invalid(error, "stp_tc has at most 8 offsets of at most 60000 ms");
	if (ce->mvrp != NULL && (unsigned)ce->mvrp->registration > SLUICE__API__MVRP_REGISTRATION__MVRP_NORMAL)
		return invalid(error, "a registration of mvrp that this engine does not know");
	if (ce->stp_tc != NULL && (unsigned)ce->stp_tc->kind > SLUICE__API__STP_TC_KIND__STP_TC_RST)
		return invalid(error, "a kind of stp_tc that this engine does not know");
	if ((ce->lacp != NULL && ce->lacp->hold_ms > 60000) || (ce->carrier != NULL && ce->carrier->hold_ms > 60000))
		return invalid(error, "hold_ms is at most 60000");
	if (ce->e_lmi != NULL && e_lmi_check(ce->e_lmi) != NULL) return invalid(error, e_lmi_check(ce->e_lmi));
	if (ce->mac_move != NULL && ce->mac_move->mac_limit > 1000000)
		return invalid(error, "mac_limit is at most 1000000");
	return 0;
}

static int check_settings(const Sluice__Api__EngineSettings *settings, struct api_error *error)
{
	if (settings->mac_limit > 16000000) return invalid(error, "mac_limit is at most 16000000");
	if (settings->flow_limit > 16000000) return invalid(error, "flow_limit is at most 16000000");
	if (settings->neighbour_limit > 1000000) return invalid(error, "neighbour_limit is at most 1000000");
	return 0;
}

int operation_check(const Sluice__Api__Operation *operation, struct api_error *error)
{
	const struct object_kind *kind;
	struct object_name name;
	bool deletes;

	if (!operation_name(operation, &name, &deletes))
		return invalid(error, "an operation that this engine does not know");
	kind = kind_of(name.kind);
	if (kind == NULL && ((unsigned)name.kind >= KINDS || name.kind == SLUICE__API__OBJECT_KIND__KIND_UNSPECIFIED))
		return invalid(error, "a kind of object that this engine does not know");
	// Ports and logical ports are interfaces, whose names the engine keeps in 64 bytes; the others' may be longer.
	size_t most = name.kind == KIND(STATIC_MAC) || name.kind == KIND(BLOCK_POINT) ? MAX_OBJECT_NAME : 63;
	if (kind != NULL) most = kind->longest_name;
	if (name.kind != KIND(SETTINGS) && !text_ok(name.name, 1, most))
		return api_refuse(error, SLUICE__API__ERROR_CODE__ERROR_INVALID, 0, "",
				  "a name has 1 to %zu bytes without control characters", most);
	if (kind != NULL && !deletes) return kind->check != NULL ? kind->check(operation, error) : 0;
	switch (operation->op_case) {
	case OP(SET_PORT):
		return check_port(operation->set_port, error);
	case OP(SET_LOGICAL_PORT):
		return check_logical_port(operation->set_logical_port, error);
	case OP(SET_STATIC_MAC):
		return check_static_mac(operation->set_static_mac, error);
	case OP(SET_BLOCK_POINT):
		return operation->set_block_point->vid > 4094
			       ? invalid(error, "vid is 1 to 4094, or 0 for untagged frames")
			       : 0;
	case OP(SET_CE_NOTIFICATION):
		return check_ce_notification(operation->set_ce_notification, error);
	case OP(SET_SETTINGS):
		return check_settings(operation->set_settings, error);
	default:
		return 0;
	}
}

// ---------------------------------------------------------------- references and claims

struct reference_list {
	struct object_name *names;
	unsigned count;
};

static void add_reference(void *ctx, Sluice__Api__ObjectKind kind, const char *name)
{
	struct reference_list *list = ctx;

	if (name[0] != '\0' && list->count < MAX_REFERENCES)
		list->names[list->count++] = (struct object_name){kind, name};
}

unsigned operation_references(const Sluice__Api__Operation *operation, struct object_name references[MAX_REFERENCES])
{
	const struct object_kind *kind = kind_of_set(operation->op_case);
	struct reference_list list = {references, 0};
	unsigned n = 0;

	if (kind != NULL) {
		if (kind->references != NULL) kind->references(operation, add_reference, &list);
		return list.count;
	}

	switch (operation->op_case) {
	case OP(SET_PORT):
		if (operation->set_port->bundle_name[0] != '\0')
			references[n++] = (struct object_name){KIND(PORT), operation->set_port->bundle_name};
		break;
	case OP(SET_LOGICAL_PORT):
		references[n++] = (struct object_name){KIND(PORT), operation->set_logical_port->port};
		if (operation->set_logical_port->bridge_domain[0] != '\0')
			references[n++] =
				(struct object_name){KIND(BRIDGE_DOMAIN), operation->set_logical_port->bridge_domain};
		break;
	case OP(SET_STATIC_MAC):
		references[n++] = (struct object_name){KIND(LOGICAL_PORT), operation->set_static_mac->logical_port};
		references[n++] = (struct object_name){KIND(BRIDGE_DOMAIN), operation->set_static_mac->bridge_domain};
		break;
	case OP(SET_BLOCK_POINT):
		references[n++] = (struct object_name){KIND(PORT), operation->set_block_point->port};
		break;
	case OP(SET_CE_NOTIFICATION):
		references[n++] = (struct object_name){KIND(PORT), operation->set_ce_notification->port};
		break;
	default:
		break;
	}
	return n;
}

static bool claim_port(const Sluice__Api__Port *port, char *claim)
{
	switch (port->device_case) {
	case SLUICE__API__PORT__DEVICE_AF_PACKET:
		snprintf(claim, CLAIM_SIZE, "device:%s", port->af_packet);
		return true;
	case SLUICE__API__PORT__DEVICE_AF_XDP:
		snprintf(claim, CLAIM_SIZE, "device:%s", port->af_xdp);
		return true;
	case SLUICE__API__PORT__DEVICE_PCAP:
		if (port->pcap->tx_file[0] == '\0') return false;
		snprintf(claim, CLAIM_SIZE, "file:%s", port->pcap->tx_file);
		return true;
	case SLUICE__API__PORT__DEVICE_MEMIF:
		// An engine may be both ends of one.
		snprintf(claim, CLAIM_SIZE, "memif:%u %u on %s", port->memif->role, port->memif->id,
			 port->memif->socket);
		return true;
	case SLUICE__API__PORT__DEVICE_VHOST_USER:
		snprintf(claim, CLAIM_SIZE, "vhost-user:%s", port->vhost_user->socket);
		return true;
	case SLUICE__API__PORT__DEVICE_VIRTIO_USER:
		snprintf(claim, CLAIM_SIZE, "virtio-user:%s", port->virtio_user->socket);
		return true;
	case SLUICE__API__PORT__DEVICE_PCI:
		snprintf(claim, CLAIM_SIZE, "pci:%s", port->pci->address);
		return true;
	default:
		// A ring has two ends: the device knows whether one is free.
		return false;
	}
}

bool operation_claim(const Sluice__Api__Operation *operation, char claim[CLAIM_SIZE])
{
	const struct object_kind *kind = kind_of_set(operation->op_case);
	const Sluice__Api__LogicalPort *lp;
	const uint8_t *mac;
	int n;

	if (kind != NULL) return kind->claim != NULL && kind->claim(operation, claim);

	switch (operation->op_case) {
	case OP(SET_PORT):
		return claim_port(operation->set_port, claim);
	case OP(SET_LOGICAL_PORT):
		lp = operation->set_logical_port;
		n = snprintf(claim, CLAIM_SIZE, "tags:");
		for (size_t i = 0; i < lp->n_match; i++)
			n += snprintf(claim + n, (size_t)(CLAIM_SIZE - n), "%u.%u ", lp->match[i]->type,
				      lp->match[i]->vid);
		snprintf(claim + n, (size_t)(CLAIM_SIZE - n), "on port %s", lp->port);
		return true;
	case OP(SET_STATIC_MAC):
		mac = operation->set_static_mac->mac.data;
		snprintf(claim, CLAIM_SIZE, "address %02x:%02x:%02x:%02x:%02x:%02x in %s", mac[0], mac[1], mac[2],
			 mac[3], mac[4], mac[5], operation->set_static_mac->bridge_domain);
		return true;
	case OP(SET_BLOCK_POINT):
		snprintf(claim, CLAIM_SIZE, "VLAN %u on port %s", operation->set_block_point->vid,
			 operation->set_block_point->port);
		return true;
	default:
		return false;
	}
}
