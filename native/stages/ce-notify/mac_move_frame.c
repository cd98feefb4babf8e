#include "mac_move_frame.h"

#include <string.h>

#define TYPE_RARP 0x8035
#define MIN_FRAME 60

static const uint8_t request_reverse[] = {0, 1, 8, 0, 6, 4, 0, 3};

size_t mac_move_frame(uint8_t frame[MAC_MOVE_FRAME_MAX], const struct rte_ether_addr *own,
		      const struct rte_ether_addr *source, const struct vlan_tag *tag, unsigned tags)
{
	uint8_t *at = frame + 2 * RTE_ETHER_ADDR_LEN;

	memset(frame, 0, MAC_MOVE_FRAME_MAX);
	memcpy(frame, own, RTE_ETHER_ADDR_LEN);
	memcpy(frame + RTE_ETHER_ADDR_LEN, source, RTE_ETHER_ADDR_LEN);
	for (unsigned i = 0; i < tags; i++) {
		*at++ = (uint8_t)(tag[i].tpid >> 8);
		*at++ = (uint8_t)tag[i].tpid;
		*at++ = (uint8_t)(tag[i].vid >> 8);
		*at++ = (uint8_t)tag[i].vid;
	}
	*at++ = TYPE_RARP >> 8;
	*at++ = TYPE_RARP & 0xff;
	memcpy(at, request_reverse, sizeof(request_reverse));
	at += sizeof(request_reverse);
	memcpy(at, source, RTE_ETHER_ADDR_LEN);
	at += RTE_ETHER_ADDR_LEN + 4;
	memcpy(at, source, RTE_ETHER_ADDR_LEN);
	return MIN_FRAME + tags * TAG_SIZE;
}
