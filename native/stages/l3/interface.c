// Keeps link and MAC of the L3 interfaces in step with the ports below.
#include "interface.h"

#include "../../main/local_mac.h"
#include "../../main/stages.h"

void interface_refresh(const struct l3_interface *interface, bool always)
{
	const struct logical_port *lp = dataplane_logical_port(dataplane_current(), interface->logical_port);
	struct interface_live *live = interface->live;
	struct rte_ether_addr mac = live->mac;
	enum port_link link = PORT_LINK_UP;

	if (lp != NULL) link = port_link(lp->port);
	if (!live->mac_configured) {
		if (lp != NULL)
			port_address(lp->port, &mac);
		else
			local_mac(interface->name, LOCAL_MAC_INTERFACE, &mac);
	}
	if (!always && link == live->link && rte_is_same_ether_addr(&mac, &live->mac)) return;
	live->link = link;
	live->mac = mac;
	STAGES_CALL(interface_changed, interface);
}

static void link_changed(const struct port *port, enum port_link link)
{
	const struct dataplane *dp = dataplane_current();

	for (uint32_t id = 1; id <= MAX_ID; id++) {
		const struct l3_interface *interface = dataplane_interface(dp, id);
		const struct logical_port *lp =
			interface != NULL ? dataplane_logical_port(dp, interface->logical_port) : NULL;

		if (lp != NULL && lp->port == port->id) interface_refresh(interface, false);
	}
}

static struct stage l3_stage = {
	.name = "l3",
	.link_changed = link_changed,
	.order = -10,
};
STAGE_REGISTER(l3_stage);
