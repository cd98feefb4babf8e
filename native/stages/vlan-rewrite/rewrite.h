// What a logical port does to the tags of a frame: on the way in, and the exact
// reverse on the way out.
//
//   kind       in                                  out
//   none       –                                   –
//   pop        matched tags removed                matched tags pushed
//   translate  matched tags -> rewrite tags        rewrite tags -> matched tags
//   push       rewrite tags pushed                 rewrite tags removed
//
// In all kinds a priority tag (VID 0) is removed on the way in: the frame counts
// as untagged. What leaves carries the logical port's encapsulation, or it does
// not leave (REWRITE_MISMATCH): a frame must not change its service because it
// was bridged with tags that mean another one at the port.
//
// PCP and DEI: a tag that takes the place of another keeps that one's; a pushed
// outer tag gets those of the tag that stood in front at ingress, a pushed inner
// tag the same. Frames are not padded: what becomes shorter than 60 bytes leaves
// so, and the device pads it where its medium asks for that.
//
// The first TAGS_WINDOW bytes of a frame are in one segment (classify sees to it)
// and belong to this packet alone (the flood copies them).
#ifndef SLUICE_VLAN_REWRITE_H
#define SLUICE_VLAN_REWRITE_H

#include <string.h>

#include "../classify/tags.h"

enum rewrite_result { REWRITE_OK, REWRITE_MISMATCH, REWRITE_NO_HEADROOM };

// Puts `added` tags in place of the first `removed` ones; tci[i] is the whole TCI of tag i.
static inline bool tags_replace(struct rte_mbuf *m, unsigned removed, const struct vlan_tag *add, const uint16_t *tci,
				unsigned added)
{
	uint8_t addresses[2 * RTE_ETHER_ADDR_LEN];
	int longer = ((int)added - (int)removed) * TAG_SIZE;
	uint8_t *frame = rte_pktmbuf_mtod(m, uint8_t *);

	if (longer != 0) {
		if (unlikely(longer > (int)rte_pktmbuf_headroom(m))) return false;
		memcpy(addresses, frame, sizeof(addresses));
		m->data_off = (uint16_t)(m->data_off - longer);
		m->data_len = (uint16_t)(m->data_len + longer);
		m->pkt_len = (uint32_t)((int)m->pkt_len + longer);
		frame -= longer;
		memcpy(frame, addresses, sizeof(addresses));
	}
	for (unsigned i = 0; i < added; i++) {
		uint8_t *tag = frame + 2 * RTE_ETHER_ADDR_LEN + i * TAG_SIZE;

		tag[0] = (uint8_t)(add[i].tpid >> 8);
		tag[1] = (uint8_t)add[i].tpid;
		tag[2] = (uint8_t)(tci[i] >> 8);
		tag[3] = (uint8_t)tci[i];
	}
	return true;
}

// The two common cases, one tag: takes it away, or puts `tag` (as on the wire, without priority) in front.
static inline void tag_pop(struct rte_mbuf *m)
{
	uint8_t *frame = rte_pktmbuf_mtod(m, uint8_t *);
	uint64_t first;
	uint32_t rest;

	memcpy(&first, frame, sizeof(first));
	memcpy(&rest, frame + sizeof(first), sizeof(rest));
	memcpy(frame + TAG_SIZE, &first, sizeof(first));
	memcpy(frame + TAG_SIZE + sizeof(first), &rest, sizeof(rest));
	m->data_off = (uint16_t)(m->data_off + TAG_SIZE);
	m->data_len = (uint16_t)(m->data_len - TAG_SIZE);
	m->pkt_len -= TAG_SIZE;
}

static inline bool tag_push(struct rte_mbuf *m, uint32_t tag, uint8_t priority)
{
	uint8_t *frame = rte_pktmbuf_mtod(m, uint8_t *);
	uint64_t first;
	uint32_t rest;

	if (unlikely(rte_pktmbuf_headroom(m) < TAG_SIZE)) return false;
	tag |= rte_cpu_to_be_32((uint32_t)priority << 12);
	memcpy(&first, frame, sizeof(first));
	memcpy(&rest, frame + sizeof(first), sizeof(rest));
	memcpy(frame - TAG_SIZE, &first, sizeof(first));
	memcpy(frame - TAG_SIZE + sizeof(first), &rest, sizeof(rest));
	memcpy(frame + sizeof(first), &tag, sizeof(tag));
	m->data_off = (uint16_t)(m->data_off - TAG_SIZE);
	m->data_len = (uint16_t)(m->data_len + TAG_SIZE);
	m->pkt_len += TAG_SIZE;
	return true;
}

// Replaces the first `removed` tags by `add`, with PCP and DEI of the tag that each one replaces, else `priority`.
static inline enum rewrite_result tags_exchange(struct rte_mbuf *m, unsigned removed, const struct vlan_tag *add,
						unsigned added, uint8_t priority)
{
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);
	uint16_t tci[2];

	for (unsigned i = 0; i < added; i++) {
		unsigned bits = i < removed ? (unsigned)frame[14 + i * TAG_SIZE] >> 4 : priority;

		tci[i] = (uint16_t)(bits << 12 | add[i].vid);
	}
	return tags_replace(m, removed, add, tci, added) ? REWRITE_OK : REWRITE_NO_HEADROOM;
}

static inline bool tags_begin_with(const struct frame_tags *tags, const struct vlan_tag *want, unsigned count)
{
	if (tags->count < count) return false;
	for (unsigned i = 0; i < count; i++)
		if (tags->tag[i].tpid != want[i].tpid || tags->tag[i].vid != want[i].vid) return false;
	return true;
}

// The way in, for a frame that classify has given to `lp`; `priority` is its first tag's.
static inline enum rewrite_result rewrite_in(struct rte_mbuf *m, const struct logical_port *lp, uint8_t priority)
{
	if (lp->matches == 0 && is_tag(read_be16(rte_pktmbuf_mtod(m, const uint8_t *) + 12)) &&
	    !tags_replace(m, 1, NULL, NULL, 0))
		return REWRITE_NO_HEADROOM;
	switch (lp->rewrite) {
	case REWRITE_KIND_POP:
		return tags_exchange(m, lp->matches, NULL, 0, priority);
	case REWRITE_KIND_TRANSLATE:
		return tags_exchange(m, lp->matches, lp->rewrite_tag, lp->rewrite_tags, priority);
	case REWRITE_KIND_PUSH:
		return tags_exchange(m, 0, lp->rewrite_tag, lp->rewrite_tags, priority);
	default:
		return REWRITE_OK;
	}
}

// The way out. *wire gets the number of tags that the frame leaves with (as far as two), for the MTU.
static inline enum rewrite_result rewrite_out(struct rte_mbuf *m, const struct logical_port *lp, uint8_t priority,
					      unsigned *wire)
{
	enum rewrite_result result = REWRITE_OK;
	struct frame_tags tags;
	uint8_t matches;

	// What stood behind the tags that were removed may itself be half a tag.
	if (unlikely(frame_tags_parse(rte_pktmbuf_mtod(m, const uint8_t *), m->data_len, &tags) != 0))
		return REWRITE_MISMATCH;
	*wire = tags.count;
	switch (lp->rewrite) {
	case REWRITE_KIND_POP:
		if (lp->matches == 0) break;
		*wire += lp->matches;
		return tags_exchange(m, 0, lp->match, lp->matches, priority);
	case REWRITE_KIND_TRANSLATE:
	case REWRITE_KIND_PUSH:
		if (!tags_begin_with(&tags, lp->rewrite_tag, lp->rewrite_tags)) return REWRITE_MISMATCH;
		matches = lp->rewrite == REWRITE_KIND_TRANSLATE ? lp->matches : 0;
		result = tags_exchange(m, lp->rewrite_tags, lp->match, matches, priority);
		*wire += matches - lp->rewrite_tags;
		if (likely(matches != 0)) return result;
		if (unlikely(frame_tags_parse(rte_pktmbuf_mtod(m, const uint8_t *), m->data_len, &tags) != 0))
			return REWRITE_MISMATCH;
		*wire = tags.count;
		break;
	default:
		break;
	}
	if (!tags_begin_with(&tags, lp->match, lp->matches) || (lp->matches == 0 && tags.count != 0))
		return REWRITE_MISMATCH;
	return result;
}

#endif
