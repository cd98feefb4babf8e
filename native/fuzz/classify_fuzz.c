// Any frame: the tag parser stays inside it, finds the same tags again, and a rewrite on the way in is undone by the
// one on the way out.
#include <string.h>

#include "../stages/classify/tag_map.h"
#include "../stages/vlan-rewrite/rewrite.h"
#include "target.h"

#define HEADROOM 128

static const struct vlan_tag other[2] = {{RTE_ETHER_TYPE_QINQ, 1000}, {RTE_ETHER_TYPE_VLAN, 2000}};

// The logical port that the frame's own tags belong to, with the rewrite that the first byte chooses.
static struct logical_port logical_port_of(const struct frame_tags *tags, uint8_t choice)
{
	struct logical_port lp = {.enabled = true, .matches = tags->count, .rewrite = choice % 4};

	memcpy(lp.match, tags->tag, sizeof(lp.match));
	if (lp.rewrite == REWRITE_KIND_TRANSLATE || lp.rewrite == REWRITE_KIND_PUSH) {
		lp.rewrite_tags = 1 + choice / 4 % 2;
		memcpy(lp.rewrite_tag, other, sizeof(other));
	}
	return lp;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t buffer[HEADROOM + 2048];
	struct rte_mbuf m = {.buf_addr = buffer, .buf_len = sizeof(buffer), .data_off = HEADROOM, .nb_segs = 1};
	struct frame_tags tags, again;
	struct logical_port lp;
	unsigned wire;

	if (size < 1 || size > 2048) return 0;
	if (frame_tags_parse(data + 1, size - 1, &tags) != 0) return 0;
	MUST(tag_map_lookup(NULL, &tags) == 0);
	lp = logical_port_of(&tags, data[0]);
	memcpy(buffer + HEADROOM, data + 1, size - 1);
	m.data_len = (uint16_t)(size - 1);
	m.pkt_len = m.data_len;
	if (m.data_len < TAGS_WINDOW) return 0;
	MUST(rewrite_in(&m, &lp, tags.priority) == REWRITE_OK);
	// Half a tag behind those that were removed.
	if (frame_tags_parse(rte_pktmbuf_mtod(&m, uint8_t *), m.data_len, &again) != 0) {
		MUST(rewrite_out(&m, &lp, tags.priority, &wire) == REWRITE_MISMATCH);
		return 0;
	}
	switch (rewrite_out(&m, &lp, tags.priority, &wire)) {
	case REWRITE_OK:
		break;
	case REWRITE_MISMATCH:
		// Only where more tags follow than the logical port knows of.
		MUST(again.count != 0 || tags.priority_tagged);
		return 0;
	default:
		abort();
	}
	MUST(frame_tags_parse(rte_pktmbuf_mtod(&m, uint8_t *), m.data_len, &again) == 0);
	MUST(tags_begin_with(&again, lp.match, lp.matches) && (lp.matches != 0 || again.count == 0));
	if (tags.priority_tagged) return 0;
	MUST(m.data_len == size - 1 && wire <= 4);
	MUST(memcmp(rte_pktmbuf_mtod(&m, uint8_t *), data + 1, 12) == 0);
	MUST(memcmp(rte_pktmbuf_mtod(&m, uint8_t *) + 12 + 4 * lp.matches, data + 13 + 4 * lp.matches,
		    size - 13 - 4 * lp.matches) == 0);
	return 0;
}
