// Static neighbours, as objects of the contract. A version's runtime is the id of the adjacency that it holds.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../api/kind.h"
#include "control.h"

#define KIND(name) SLUICE__API__OBJECT_KIND__KIND_##name

static const char *static_name(const Sluice__Api__Operation *operation)
{
	return operation->set_static_neighbour->name;
}

static int static_check(const Sluice__Api__Operation *operation, struct api_error *error)
{
	const Sluice__Api__StaticNeighbour *it = operation->set_static_neighbour;
	const char *wrong = NULL;

	if (it->interface[0] == '\0')
		wrong = "a neighbour needs an interface";
	else if (it->address.len != 4 && it->address.len != 16)
		wrong = "address is 4 or 16 bytes";
	else if (it->address.data[0] >= 224 && (it->address.len == 4 || it->address.data[0] == 255))
		wrong = "a multicast address is nobody's";
	else if (it->mac.len != RTE_ETHER_ADDR_LEN || (it->mac.data[0] & 1) != 0)
		wrong = "mac is 6 bytes, unicast";
	return wrong == NULL ? 0 : api_refuse(error, SLUICE__API__ERROR_CODE__ERROR_INVALID, 0, "", "%s", wrong);
}

static void static_references(const Sluice__Api__Operation *operation,
			      void (*add)(void *ctx, Sluice__Api__ObjectKind kind, const char *name), void *ctx)
{
	add(ctx, KIND(L3_INTERFACE), operation->set_static_neighbour->interface);
}

static bool static_claim(const Sluice__Api__Operation *operation, char claim[CLAIM_SIZE])
{
	const Sluice__Api__StaticNeighbour *it = operation->set_static_neighbour;
	char address[2 * 16 + 1];

	for (size_t i = 0; i < it->address.len; i++)
		snprintf(address + 2 * i, 3, "%02x", it->address.data[i]);
	snprintf(claim, CLAIM_SIZE, "neighbour %s of %s", address, it->interface);
	return true;
}

// ---------------------------------------------------------------- building

// What becomes of one at commit.
struct static_change {
	uint32_t released; // adjacency ids; 0: none
	uint32_t set;
	struct rte_ether_addr mac;
};

static void commit(void *arg)
{
	struct static_change *change = arg;

	if (change->released != 0 && change->released != change->set) neighbour_set_static(change->released, NULL);
	if (change->set != 0) neighbour_set_static(change->set, &change->mac);
	if (change->released != 0) adjacency_give(change->released);
	free(change);
}

static void undo(void *arg)
{
	struct static_change *change = arg;

	if (change->set != 0) adjacency_give(change->set);
	free(change);
}

static uint32_t held_by(const struct version *version)
{
	return version != NULL ? (uint32_t)(uintptr_t)version->runtime : 0;
}

// Both notes or none: the change is freed by the one that runs.
static int note(struct generation *g, struct static_change *change)
{
	int rc = generation_on_abort(g, undo, change);

	if (rc < 0) {
		undo(change);
		return rc;
	}
	return generation_on_commit(g, commit, change);
}

static int static_build(struct generation *g, struct change *change)
{
	const Sluice__Api__StaticNeighbour *it = change->after->operation->set_static_neighbour;
	struct static_change *todo = calloc(1, sizeof(*todo));
	struct ip_address address = {{0}};
	int rc;

	if (todo == NULL) return -ENOMEM;
	memcpy(address.bytes, it->address.data, it->address.len);
	memcpy(&todo->mac, it->mac.data, sizeof(todo->mac));
	todo->released = held_by(change->before);
	rc = adjacency_take(kind_id(KIND(L3_INTERFACE), it->interface), it->address.len == 4 ? IP_V4 : IP_V6, &address,
			    &todo->set);
	if (rc < 0) {
		free(todo);
		return rc == -ENOSPC ? generation_refuse(g, rc, "too many neighbours") : rc;
	}
	change->after->runtime = (void *)(uintptr_t)todo->set;
	return note(g, todo);
}

static int static_remove(struct generation *g, struct change *change)
{
	struct static_change *todo = calloc(1, sizeof(*todo));

	if (todo == NULL) return -ENOMEM;
	todo->released = held_by(change->before);
	return note(g, todo);
}

static struct object_kind static_neighbour_kind = {
	.kind = SLUICE__API__OBJECT_KIND__KIND_STATIC_NEIGHBOUR,
	.set = SLUICE__API__OPERATION__OP_SET_STATIC_NEIGHBOUR,
	.label = "static-neighbour",
	.longest_name = MAX_OBJECT_NAME,
	.order = KIND_ORDER_LAST,
	.name = static_name,
	.check = static_check,
	.references = static_references,
	.claim = static_claim,
	.build = static_build,
	.remove = static_remove,
};
KIND_REGISTER(static_neighbour_kind);
