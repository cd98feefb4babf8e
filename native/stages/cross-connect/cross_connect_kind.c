// Cross-connects, as objects of the contract: two logical ports that name each other.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../../api/kind.h"

#define KIND(name) SLUICE__API__OBJECT_KIND__KIND_##name

static const char *cross_connect_name(const Sluice__Api__Operation *operation)
{
	return operation->set_cross_connect->name;
}

static int cross_connect_check(const Sluice__Api__Operation *operation, struct api_error *error)
{
	const Sluice__Api__CrossConnect *it = operation->set_cross_connect;

	if (it->logical_port_a[0] == '\0' || it->logical_port_b[0] == '\0' ||
	    strcmp(it->logical_port_a, it->logical_port_b) == 0)
		return api_refuse(error, SLUICE__API__ERROR_CODE__ERROR_INVALID, 0, "",
				  "a cross-connect joins two logical ports");
	return 0;
}

static void cross_connect_references(const Sluice__Api__Operation *operation,
				     void (*add)(void *ctx, Sluice__Api__ObjectKind kind, const char *name), void *ctx)
{
	add(ctx, KIND(LOGICAL_PORT), operation->set_cross_connect->logical_port_a);
	add(ctx, KIND(LOGICAL_PORT), operation->set_cross_connect->logical_port_b);
}

// Each logical port knows its other end; `other` 0 takes it off.
static int join(struct generation *g, const char *name, uint32_t other)
{
	struct logical_port *lp = generation_logical_port(g, kind_id(KIND(LOGICAL_PORT), name));

	// It goes as well.
	if (lp == NULL) return other == 0 ? 0 : -ENOMEM;
	if (other != 0 && lp->bridge_domain != 0)
		return generation_refuse(g, -EEXIST, "logical port %s is in a bridge domain", lp->name);
	if (other != 0 && lp->interface != 0)
		return generation_refuse(g, -EEXIST, "logical port %s has an L3 interface", lp->name);
	if (other != 0 && lp->cross_connect != 0 && lp->cross_connect != other)
		return generation_refuse(g, -EEXIST, "logical port %s is in another cross-connect", lp->name);
	lp->cross_connect = other;
	return 0;
}

static int cross_connect_leave(struct generation *g, const Sluice__Api__CrossConnect *it)
{
	int rc = join(g, it->logical_port_a, 0);

	return rc < 0 ? rc : join(g, it->logical_port_b, 0);
}

static int cross_connect_build(struct generation *g, struct change *change)
{
	const Sluice__Api__CrossConnect *it = change->after->operation->set_cross_connect;
	int rc = 0;

	if (change->before != NULL) rc = cross_connect_leave(g, change->before->operation->set_cross_connect);
	if (rc >= 0) rc = join(g, it->logical_port_a, kind_id(KIND(LOGICAL_PORT), it->logical_port_b));
	return rc < 0 ? rc : join(g, it->logical_port_b, kind_id(KIND(LOGICAL_PORT), it->logical_port_a));
}

static int cross_connect_remove(struct generation *g, struct change *change)
{
	return cross_connect_leave(g, change->before->operation->set_cross_connect);
}

static struct object_kind cross_connect_kind = {
	.kind = KIND(CROSS_CONNECT),
	.set = SLUICE__API__OPERATION__OP_SET_CROSS_CONNECT,
	.label = "cross-connect",
	.longest_name = MAX_OBJECT_NAME,
	.order = KIND_ORDER_INTERFACE,
	.name = cross_connect_name,
	.check = cross_connect_check,
	.references = cross_connect_references,
	.build = cross_connect_build,
	.remove = cross_connect_remove,
};
KIND_REGISTER(cross_connect_kind);
