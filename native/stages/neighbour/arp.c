#include "arp.h"

#include <string.h>

static const uint8_t fixed[6] = {0, 1, 0x08, 0x00, 6, 4};

bool arp_parse(const uint8_t *bytes, uint32_t length, struct arp *arp)
{
	if (length < ARP_SIZE || memcmp(bytes, fixed, sizeof(fixed)) != 0) return false;
	arp->operation = (uint16_t)(bytes[6] << 8 | bytes[7]);
	memcpy(&arp->sender_mac, bytes + 8, RTE_ETHER_ADDR_LEN);
	memcpy(arp->sender, bytes + 14, sizeof(arp->sender));
	memcpy(&arp->target_mac, bytes + 18, RTE_ETHER_ADDR_LEN);
	memcpy(arp->target, bytes + 24, sizeof(arp->target));
	if (arp->operation != ARP_REQUEST && arp->operation != ARP_REPLY) return false;
	if (!rte_is_valid_assigned_ether_addr(&arp->sender_mac)) return false;
	return arp->sender[0] < 224 && arp->sender[0] != 127;
}

void arp_write(const struct arp *arp, uint8_t bytes[ARP_SIZE])
{
	memcpy(bytes, fixed, sizeof(fixed));
	bytes[6] = (uint8_t)(arp->operation >> 8);
	bytes[7] = (uint8_t)arp->operation;
	memcpy(bytes + 8, &arp->sender_mac, RTE_ETHER_ADDR_LEN);
	memcpy(bytes + 14, arp->sender, sizeof(arp->sender));
	memcpy(bytes + 18, &arp->target_mac, RTE_ETHER_ADDR_LEN);
	memcpy(bytes + 24, arp->target, sizeof(arp->target));
}
