// The tags in front of a frame's payload.
//
//   0        6        12       14       16       18       20       22
//   | DA     | SA     | TPID   | TCI    | TPID   | TCI    | type   …
//   TCI: PCP (3 bits), DEI (1), VID (12)                  IEEE 802.1Q-2018, 9.6
//
// TPID 0x8100 (customer tag) and 0x88A8 (service tag) in any order, two at most:
// what follows is payload. A first tag with VID 0 is a priority tag: the frame
// is untagged and what follows is payload.
#ifndef SLUICE_CLASSIFY_TAGS_H
#define SLUICE_CLASSIFY_TAGS_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../../main/dataplane.h"

#define ETHERNET_HEADER 14
#define TAG_SIZE        4
// Length of the part of a frame that has to be in one piece for the stages.
#define TAGS_WINDOW (ETHERNET_HEADER + 2 * TAG_SIZE)

struct frame_tags {
	uint8_t count;        // 0, 1, 2; a priority tag is not counted
	bool priority_tagged; // a tag with VID 0 stands in front
	uint8_t priority;     // PCP << 1 | DEI of the first tag; 0 without one
	struct vlan_tag tag[2];
};

static inline uint16_t read_be16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static inline bool is_tag(uint16_t type)
{
	return type == RTE_ETHER_TYPE_VLAN || type == RTE_ETHER_TYPE_QINQ;
}

// The first tag without its priority, to be compared with that of another frame: 0 where there is none. 16 bytes of
// the frame are read.
static inline uint32_t tag_word(const uint8_t *frame)
{
	uint32_t word;
	uint16_t type;

	memcpy(&word, frame + 2 * RTE_ETHER_ADDR_LEN, sizeof(word));
	memcpy(&type, &word, sizeof(type));
	if (type != RTE_BE16(RTE_ETHER_TYPE_VLAN) && type != RTE_BE16(RTE_ETHER_TYPE_QINQ)) return 0;
	return word & RTE_BE32(0xffff0fff);
}

// Parses the first `length` bytes of a frame. 0, or -EBADMSG for a frame that ends within its header or a tag.
static inline int frame_tags_parse(const uint8_t *frame, size_t length, struct frame_tags *tags)
{
	uint16_t type, tci;

	*tags = (struct frame_tags){.count = 0};
	if (unlikely(length < ETHERNET_HEADER)) return -EBADMSG;
	type = read_be16(frame + 12);
	if (!is_tag(type)) return 0;
	if (unlikely(length < ETHERNET_HEADER + TAG_SIZE)) return -EBADMSG;
	tci = read_be16(frame + 14);
	tags->priority = (uint8_t)(tci >> 12);
	if ((tci & 0xfff) == 0) {
		tags->priority_tagged = true;
		return 0;
	}
	tags->tag[0] = (struct vlan_tag){.tpid = type, .vid = tci & 0xfff};
	tags->count = 1;
	type = read_be16(frame + 16);
	if (!is_tag(type)) return 0;
	if (unlikely(length < ETHERNET_HEADER + 2 * TAG_SIZE)) return -EBADMSG;
	tags->tag[1] = (struct vlan_tag){.tpid = type, .vid = read_be16(frame + 18) & 0xfff};
	tags->count = 2;
	return 0;
}

#endif
