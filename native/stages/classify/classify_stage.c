// Keeps the tag map of each port in step with the logical ports.
#include <errno.h>

#include "../../main/stage.h"
#include "tag_map.h"

static bool same_match(const struct logical_port *a, const struct logical_port *b)
{
	return a->port == b->port && a->matches == b->matches &&
	       memcmp(a->match, b->match, a->matches * sizeof(a->match[0])) == 0;
}

static int clear_match(struct generation *g, const struct logical_port *lp)
{
	struct port *port = generation_port(g, lp->port);

	// The port goes as well; or another logical port took the tags over in this generation.
	if (port == NULL || tag_map_get(port->tags, lp->matches, lp->match) != lp->id) return 0;
	return tag_map_set(g, &port->tags, lp->matches, lp->match, 0);
}

static int set_match(struct generation *g, const struct logical_port *lp)
{
	struct port *port = generation_port(g, lp->port);
	const struct logical_port *other;

	if (port == NULL) return generation_refuse(g, -ENOENT, "logical port %s: its port does not exist", lp->name);
	other = dataplane_logical_port(generation_next(g), tag_map_get(port->tags, lp->matches, lp->match));
	if (other != NULL && other->id != lp->id && same_match(other, lp))
		return generation_refuse(g, -EEXIST, "logical port %s: its tags belong to %s already", lp->name,
					 other->name);
	return tag_map_set(g, &port->tags, lp->matches, lp->match, lp->id);
}

static int logical_port_changed(struct generation *g, const struct logical_port *old, struct logical_port *new)
{
	int result = 0;

	if (old != NULL && new != NULL && same_match(old, new)) return 0;
	if (old != NULL) result = clear_match(g, old);
	if (result == 0 && new != NULL) result = set_match(g, new);
	return result;
}

static int port_changed(struct generation *g, const struct port *old, struct port *new)
{
	if (new == NULL) tag_map_retire(g, old->tags);
	return 0;
}

static struct stage classify_stage = {
	.name = "classify",
	.port = port_changed,
	.logical_port = logical_port_changed,
};
STAGE_REGISTER(classify_stage);
