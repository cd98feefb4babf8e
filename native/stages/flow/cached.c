// Which ports' frames go by the cache: those of ports on which something has features. Plain bridging and routing is
// no faster with it.
#include <errno.h>

#include "control.h"

bool flow_cache_every_port;

static bool has_features(const struct l3_interface *it)
{
	bool features = it->policer_in != NULL || it->policer_out != NULL;

	for (unsigned v = 0; v < IP_VERSIONS; v++)
		features = features || it->features_in[v] != 0 || it->features_out[v] != 0 || it->acl_in[v] != NULL ||
			   it->acl_out[v] != NULL || it->urpf[v] != URPF_MODE_OFF;
	return features;
}

static void mark(const struct dataplane *dp, uint32_t logical_port, bool cached[MAX_PORTS])
{
	const struct logical_port *lp = dataplane_logical_port(dp, logical_port);

	if (lp != NULL && lp->port < MAX_PORTS) cached[lp->port] = true;
}

static void mark_interface(const struct dataplane *dp, const struct l3_interface *it, bool cached[MAX_PORTS])
{
	const struct bridge_domain *bd = dataplane_bridge_domain(dp, it->bridge_domain);

	if (bd != NULL) {
		for (uint32_t i = 0; bd->members != NULL && i < bd->members->count; i++)
			mark(dp, bd->members->logical_port[i], cached);
	} else if (has_features(it)) {
		mark(dp, it->logical_port, cached);
	}
}

int flow_cached_prepare(struct generation *g)
{
	const struct dataplane *dp = generation_next(g);
	bool cached[MAX_PORTS] = {false};

	for (unsigned chunk = 0; chunk < ID_CHUNKS && !dp->settings.flow_cache_off; chunk++)
		for (unsigned i = 0; dp->interfaces.chunk[chunk] != NULL && i < ID_CHUNK; i++)
			if (dp->interfaces.chunk[chunk][i] != NULL)
				mark_interface(dp, dp->interfaces.chunk[chunk][i], cached);
	for (uint16_t id = 1; id < MAX_PORTS; id++) {
		const struct port *port = dataplane_port(dp, id);
		bool wanted = !dp->settings.flow_cache_off && (cached[id] || flow_cache_every_port);
		struct port *changed;

		if (port == NULL || port->cached == wanted) continue;
		changed = generation_port(g, id);
		if (changed == NULL) return -ENOMEM;
		changed->cached = wanted;
	}
	return 0;
}
