// The router's own addresses on a link: whether somebody else has them (RFC 5227; RFC 4862, 5.4), and that others learn
// of them (gratuitous ARP, unsolicited advertisements).
#ifndef SLUICE_NEIGHBOUR_ADDRESS_H
#define SLUICE_NEIGHBOUR_ADDRESS_H

#include "neighbour.h"

// As AddressStatus of the contract.
enum address_status { STATUS_PREFERRED, STATUS_TENTATIVE, STATUS_DUPLICATE, STATUS_INACCESSIBLE };

struct own_address {
	struct own_address *next;
	uint16_t interface;
	uint8_t version;
	uint8_t prefix_length;
	uint8_t status;    // enum address_status
	bool automatic;    // the link-local address that was made
	bool is_virtual;   // of a virtual router: `mac` is its MAC
	bool kept;         // addresses_sync
	uint8_t probes;    // sent
	uint8_t announced; // sent
	struct rte_ether_addr mac;
	struct ip_address address;
	uint64_t defended_ms;
	struct timer timer;
};

// NULL: not the interface's. The first `size` bytes (4 or 16) count.
struct own_address *address_find(uint32_t interface, enum ip_version version, const uint8_t *address);
// The next after `last` (NULL: the first).
struct own_address *address_next(uint32_t interface, const struct own_address *last);

// In step with the interface: new ones begin detection, those that are gone end. Link and MAC count.
void addresses_sync(const struct l3_interface *interface);
void addresses_gone(uint32_t interface);
void addresses_stop(void);

// The MAC that answers for it.
const struct rte_ether_addr *address_mac(const struct l3_interface *interface, const struct own_address *own);
// Somebody else uses it (`probing`: only asks whether it may).
void address_conflict(struct own_address *own, bool probing);

// The source of what is sent to a neighbour: of its prefix, else any; false: there is none that may be used.
bool address_source(const struct l3_interface *interface, enum ip_version version, const struct ip_address *to,
		    struct ip_address *source);
bool address_on_link(const struct l3_interface *interface, enum ip_version version, const struct ip_address *address);

// Of a virtual router (RFC 9568, 8.1.2, 8.2.2): answered with `mac` until it is removed. Add announces it. 0 or
// -ENOMEM.
int address_add_virtual(const struct l3_interface *interface, enum ip_version version, const struct ip_address *address,
			const struct rte_ether_addr *mac);
void address_remove_virtual(uint32_t interface, enum ip_version version, const struct ip_address *address,
			    const struct rte_ether_addr *mac);

#endif
