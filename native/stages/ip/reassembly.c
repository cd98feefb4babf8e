#include "reassembly.h"

#include <string.h>

#include <rte_cycles.h>
#include <rte_hash_crc.h>

static uint32_t hash_of(const struct reassembly_key *key)
{
	uint32_t hash = rte_hash_crc(key, sizeof(*key), 0x5a);

	return hash != 0 ? hash : 1;
}

static struct reassembly *find(struct reassembly_table *table, const struct reassembly_key *key, uint32_t hash)
{
	for (unsigned i = 0; i < REASSEMBLY_PACKETS; i++)
		if (table->hash[i] == hash && memcmp(&table->packets[i].key, key, sizeof(*key)) == 0)
			return &table->packets[i];
	return NULL;
}

static void release(struct reassembly_table *table, struct reassembly *r)
{
	table->hash[r - table->packets] = 0;
	table->used--;
	table->held -= r->count;
	r->hash = 0;
	r->count = 0;
}

// All fragments to `out`; the place stays.
static void empty(struct reassembly_table *table, struct reassembly *r, struct rte_mbuf **out, unsigned *out_count)
{
	for (unsigned i = 0; i < r->count; i++)
		out[(*out_count)++] = r->fragments[i].m;
	table->held -= r->count;
	r->count = 0;
}

static struct reassembly *oldest(struct reassembly_table *table, const struct reassembly *but)
{
	struct reassembly *found = NULL;

	for (unsigned i = 0; i < REASSEMBLY_PACKETS; i++) {
		struct reassembly *r = &table->packets[i];

		if (r->hash != 0 && r != but && (found == NULL || r->ends_at < found->ends_at)) found = r;
	}
	return found;
}

static struct reassembly *take(struct reassembly_table *table, const struct reassembly_piece *piece, uint32_t hash,
			       uint64_t now, struct rte_mbuf **out, unsigned *out_count)
{
	unsigned seconds = piece->key.version == IP_V4 ? REASSEMBLY_SECONDS4 : REASSEMBLY_SECONDS6;
	struct reassembly *r;

	if (table->used == REASSEMBLY_PACKETS) {
		r = oldest(table, NULL);
		empty(table, r, out, out_count);
		release(table, r);
	}
	for (unsigned i = 0; i < REASSEMBLY_PACKETS; i++) {
		if (table->hash[i] != 0) continue;
		r = &table->packets[i];
		table->hash[i] = hash;
		table->used++;
		r->hash = hash;
		r->dead = false;
		r->count = 0;
		r->total = r->received = 0;
		r->key = piece->key;
		r->ends_at = now + seconds * rte_get_tsc_hz();
		return r;
	}
	return NULL;
}

// Its place in the order; REASSEMBLY_KEPT where it fits.
static enum reassembly_result place_of(const struct reassembly *r, const struct reassembly_piece *piece,
				       unsigned *place)
{
	uint32_t end = piece->offset + piece->length;
	unsigned at = r->count;

	while (at > 0 && r->fragments[at - 1].offset > piece->offset)
		at--;
	*place = at;
	if (at > 0) {
		const struct fragment *before = &r->fragments[at - 1];

		if (before->offset == piece->offset && before->length == piece->length) return REASSEMBLY_DUPLICATE;
		if (before->offset + before->length > piece->offset) return REASSEMBLY_OVERLAP;
	}
	if (at < r->count && end > r->fragments[at].offset) return REASSEMBLY_OVERLAP;
	// The end of the whole is one, and nothing is behind it.
	if (!piece->more && r->total != 0 && r->total != end) return REASSEMBLY_OVERLAP;
	if (!piece->more && r->count > 0 && r->fragments[r->count - 1].offset + r->fragments[r->count - 1].length > end)
		return REASSEMBLY_OVERLAP;
	if (piece->more && r->total != 0 && end > r->total) return REASSEMBLY_OVERLAP;
	return REASSEMBLY_KEPT;
}

enum reassembly_result reassembly_add(struct reassembly_table *table, struct rte_mbuf *m,
				      const struct reassembly_piece *piece, uint64_t now, struct reassembly **whole,
				      struct rte_mbuf **out, unsigned *out_count)
{
	uint32_t hash = hash_of(&piece->key);
	struct reassembly *r = find(table, &piece->key, hash), *other;
	enum reassembly_result result;
	unsigned place;

	*out_count = 0;
	if (piece->length == 0 || (piece->more && piece->length % 8 != 0)) return REASSEMBLY_MALFORMED;
	if (r == NULL) r = take(table, piece, hash, now, out, out_count);
	if (r->dead) return REASSEMBLY_OVERLAP;
	result = place_of(r, piece, &place);
	if (result == REASSEMBLY_DUPLICATE) return result;
	if (result == REASSEMBLY_KEPT && r->count == REASSEMBLY_FRAGMENTS) result = REASSEMBLY_LIMIT;
	if (result != REASSEMBLY_KEPT) {
		empty(table, r, out, out_count);
		r->dead = true;
		return result;
	}
	if (table->held == REASSEMBLY_ALL && *out_count == 0) {
		other = oldest(table, r);
		if (other == NULL) return REASSEMBLY_LIMIT;
		empty(table, other, out, out_count);
		release(table, other);
	}
	// The oldest may have been one whose fragments had gone already.
	if (table->held >= REASSEMBLY_ALL) return REASSEMBLY_LIMIT;
	memmove(&r->fragments[place + 1], &r->fragments[place], (r->count - place) * sizeof(r->fragments[0]));
	r->fragments[place] = (struct fragment){m, piece->offset, piece->length, piece->header};
	r->count++;
	table->held++;
	r->received += piece->length;
	if (!piece->more) r->total = piece->offset + piece->length;
	if (r->total == 0 || r->received != r->total) return REASSEMBLY_KEPT;
	*whole = r;
	return REASSEMBLY_WHOLE;
}

// Takes `length` bytes off the front, across segments; the segments stay in the chain.
static void cut_front(struct rte_mbuf *m, uint32_t length)
{
	m->pkt_len -= length;
	for (struct rte_mbuf *segment = m; length != 0; segment = segment->next) {
		uint16_t part = (uint16_t)RTE_MIN(length, (uint32_t)segment->data_len);

		segment->data_off = (uint16_t)(segment->data_off + part);
		segment->data_len = (uint16_t)(segment->data_len - part);
		length -= part;
	}
}

struct rte_mbuf *reassembly_join(struct reassembly_table *table, struct reassembly *whole)
{
	struct rte_mbuf *m = whole->fragments[0].m, *last = rte_pktmbuf_lastseg(m);

	for (unsigned i = 1; i < whole->count; i++) {
		struct rte_mbuf *part = whole->fragments[i].m;

		cut_front(part, whole->fragments[i].header);
		last->next = part;
		m->nb_segs = (uint16_t)(m->nb_segs + part->nb_segs);
		m->pkt_len += part->pkt_len;
		last = rte_pktmbuf_lastseg(part);
	}
	release(table, whole);
	return m;
}

bool reassembly_expire(struct reassembly_table *table, uint64_t now, struct rte_mbuf **first, struct rte_mbuf **out,
		       unsigned *out_count)
{
	struct reassembly *r = oldest(table, NULL);

	*first = NULL;
	*out_count = 0;
	if (r == NULL || r->ends_at > now) return false;
	for (unsigned i = 0; i < r->count; i++) {
		if (i == 0 && r->fragments[0].offset == 0)
			*first = r->fragments[0].m;
		else
			out[(*out_count)++] = r->fragments[i].m;
	}
	release(table, r);
	return true;
}
