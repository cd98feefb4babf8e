#include "ce_vlans.h"

#include <string.h>

#include "../../main/stage.h"
#include "../block-point/block_map.h"
#include "../classify/tag_map.h"

bool ce_blocked(uint16_t port_id, uint16_t vid)
{
	const struct port *port = dataplane_port(dataplane_current(), port_id);

	return port != NULL && block_map_blocks(port->blocks, vid);
}

static void see(void *ctx, uint32_t logical_port)
{
	const struct logical_port *lp = dataplane_logical_port(dataplane_current(), logical_port);
	bool *enabled = ctx;

	*enabled = *enabled || (lp != NULL && lp->enabled);
}

void ce_vlans_of(uint16_t port_id, struct ce_vlans *vlans)
{
	const struct port *port = dataplane_port(dataplane_current(), port_id);

	memset(vlans, 0, sizeof(*vlans));
	if (port == NULL || !port->enabled) return;
	for (uint16_t vid = 0; vid < 4095; vid++) {
		bool enabled = false;

		tag_map_each(port->tags, vid, see, &enabled);
		if (!enabled) continue;
		vlans->has[vid / 64] |= UINT64_C(1) << vid % 64;
		if (!ce_blocked(port_id, vid)) vlans->forwards[vid / 64] |= UINT64_C(1) << vid % 64;
	}
}

bool ce_all_blocked(uint16_t port)
{
	struct ce_vlans vlans;
	uint64_t has = 0, forwards = 0;

	ce_vlans_of(port, &vlans);
	for (unsigned i = 0; i < 64; i++) {
		has |= vlans.has[i];
		forwards |= vlans.forwards[i];
	}
	return has != 0 && forwards == 0;
}
