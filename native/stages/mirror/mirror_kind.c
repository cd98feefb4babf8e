// Port mirrors, as objects of the contract: each has its entry in the list of its port (port/mirror.h).
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../../api/kind.h"
#include "mirror_list.h"

#define KIND(name) SLUICE__API__OBJECT_KIND__KIND_##name

// In every generation the same; change->after->runtime.
struct mirror {
	uint16_t port; // where its entry is
	struct mirror_counters counters[];
};

static const char *mirror_name(const Sluice__Api__Operation *operation)
{
	return operation->set_mirror->name;
}

static int mirror_check(const Sluice__Api__Operation *operation, struct api_error *error)
{
	const Sluice__Api__Mirror *it = operation->set_mirror;
	bool port = it->source_case == SLUICE__API__MIRROR__SOURCE_PORT;

	if (it->source_case == SLUICE__API__MIRROR__SOURCE__NOT_SET || it->destination_port[0] == '\0')
		return api_refuse(error, SLUICE__API__ERROR_CODE__ERROR_INVALID, 0, "",
				  "a mirror needs a source and a destination");
	if (it->direction < SLUICE__API__DIRECTION__INGRESS || it->direction > SLUICE__API__DIRECTION__BOTH)
		return api_refuse(error, SLUICE__API__ERROR_CODE__ERROR_INVALID, 0, "",
				  "direction is INGRESS, EGRESS or BOTH");
	if (port && strcmp(it->port, it->destination_port) == 0)
		return api_refuse(error, SLUICE__API__ERROR_CODE__ERROR_INVALID, 0, "", "a port cannot mirror itself");
	return 0;
}

static void mirror_references(const Sluice__Api__Operation *operation,
			      void (*add)(void *ctx, Sluice__Api__ObjectKind kind, const char *name), void *ctx)
{
	const Sluice__Api__Mirror *it = operation->set_mirror;

	add(ctx, KIND(PORT), it->destination_port);
	if (it->source_case == SLUICE__API__MIRROR__SOURCE_PORT)
		add(ctx, KIND(PORT), it->port);
	else
		add(ctx, KIND(LOGICAL_PORT), it->logical_port);
}

// Copies of copies would never end.
static int check_destination(struct generation *g, const struct mirror_entry *entry)
{
	const struct dataplane *next = generation_next(g);
	const struct port *to = dataplane_port(next, entry->destination);

	if (mirror_list_has_mirrors(to))
		return generation_refuse(g, -EINVAL, "port %s is mirrored: it cannot be a destination", to->name);
	for (unsigned i = 0; i < next->port_count; i++) {
		const struct port *port = next->ports[next->port_ids[i]];

		for (unsigned k = 0; port->mirrors != NULL && k < port->mirrors->count; k++)
			if (port->mirrors->entry[k].observer == NULL &&
			    mirror_list_has_mirrors(dataplane_port(next, port->mirrors->entry[k].destination)))
				return generation_refuse(
					g, -EINVAL, "port %s is a destination: it cannot be mirrored",
					dataplane_port(next, port->mirrors->entry[k].destination)->name);
	}
	return 0;
}

static int mirror_build(struct generation *g, struct change *change)
{
	const Sluice__Api__Mirror *it = change->after->operation->set_mirror;
	struct mirror *mirror = change->before != NULL ? change->before->runtime : NULL, *made;
	bool of_port = it->source_case == SLUICE__API__MIRROR__SOURCE_PORT;
	uint32_t logical_port = of_port ? 0 : kind_id(KIND(LOGICAL_PORT), it->logical_port);
	struct mirror_entry entry = {
		.destination = (uint16_t)kind_id(KIND(PORT), it->destination_port),
		.ingress = it->direction != SLUICE__API__DIRECTION__EGRESS,
		.egress = it->direction != SLUICE__API__DIRECTION__INGRESS,
		.logical_port = logical_port,
	};
	int rc = mirror_start();

	if (rc < 0) return generation_refuse(g, rc, "no memory for copies: --memory gives more");
	if (mirror != NULL && (rc = mirror_list_remove(g, mirror->port, mirror)) < 0) return rc;
	made = generation_alloc(g, sizeof(*made) + worker_count * sizeof(made->counters[0]));
	if (made == NULL) return -ENOMEM;
	// Counters are of this configuration: another one begins anew.
	generation_retire(g, mirror);
	made->port = of_port ? (uint16_t)kind_id(KIND(PORT), it->port)
			     : dataplane_logical_port(generation_next(g), logical_port)->port;
	entry.owner = made;
	entry.counters = made->counters;
	change->after->runtime = made;
	rc = mirror_list_add(g, made->port, &entry);
	return rc < 0 ? rc : check_destination(g, &entry);
}

static int mirror_remove(struct generation *g, struct change *change)
{
	generation_retire(g, change->before->runtime);
	return mirror_list_remove(g, ((const struct mirror *)change->before->runtime)->port, change->before->runtime);
}

static int mirror_state(struct arena *arena, const struct object *object, const struct version *version,
			Sluice__Api__QueryReply *part)
{
	const struct mirror *mirror = version->runtime;
	Sluice__Api__MirrorState *state = arena_alloc(arena, sizeof(*state));

	if (state == NULL) return -ENOMEM;
	*state = (Sluice__Api__MirrorState)SLUICE__API__MIRROR_STATE__INIT;
	state->name = object->name;
	for (unsigned w = 0; w < worker_count; w++) {
		state->copied += mirror->counters[w].copied;
		state->dropped += mirror->counters[w].dropped;
	}
	part->mirrors[part->n_mirrors++] = state;
	return 0;
}

static struct object_kind mirror_kind = {
	.kind = KIND(MIRROR),
	.set = SLUICE__API__OPERATION__OP_SET_MIRROR,
	.query = SLUICE__API__QUERY__WHAT_MIRRORS,
	.label = "mirror",
	.longest_name = 63,
	.order = KIND_ORDER_INTERFACE,
	.name = mirror_name,
	.check = mirror_check,
	.references = mirror_references,
	.build = mirror_build,
	.remove = mirror_remove,
	.state = mirror_state,
};
KIND_REGISTER(mirror_kind);
