// A record becomes a path and entries: one for its exact key and, where it did not look at everything, one for all that
// agree in what it looked at.
#include "flow.h"

struct flow_record *flow_records(struct flow_cache *cache)
{
	return cache->record;
}

// The leading bits of an address.
static void prefix_mask(uint8_t *at, unsigned size, unsigned bits)
{
	for (unsigned i = 0; i < size; i++) {
		unsigned left = bits > i * 8 ? RTE_MIN(bits - i * 8, 8u) : 0;

		at[i] = (uint8_t)(0xff00 >> left);
	}
}

static void put_be16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

// Looking at a few bits more than need be is right, too. Only few numbers of bits are in use, because each packet that
// no exact entry knows is looked for under each mask: those of ports that scan, which run into rules of all kinds,
// would otherwise make dozens of masks that differ in a bit or two.
static unsigned address_bits_of(unsigned bits, unsigned step)
{
	return (bits + step - 1) / step * step;
}

static uint16_t port_bits_of(uint16_t mask)
{
	if (mask == 0) return 0;
	return (mask & 0x03ff) == 0 ? 0xfc00 : (mask & 0x003f) == 0 ? 0xffc0 : (mask & 0x0007) == 0 ? 0xfff8 : 0xffff;
}

static void key_mask(const struct flow_record *record, struct flow_key *mask)
{
	const struct flow_mask *fields = &record->mask;
	uint8_t kind = record->parsed.key.kind;

	memset(mask, 0xff, sizeof(*mask));
	if (kind == FLOW_KIND_OTHER) return;
	if (!fields->protocol) mask->protocol = 0;
	put_be16(mask->source_port, port_bits_of(fields->source_port));
	put_be16(mask->destination_port, port_bits_of(fields->destination_port));
	if (kind == FLOW_KIND_IPV4) {
		prefix_mask(mask->source4, 4, address_bits_of(fields->source_bits, 4));
		prefix_mask(mask->destination4, 4, address_bits_of(fields->destination_bits, 4));
	} else {
		prefix_mask(mask->source6, 16, address_bits_of(fields->source_bits, 16));
		prefix_mask(mask->destination6, 16, address_bits_of(fields->destination_bits, 16));
	}
}

// The number of a mask, a new one if need be. 0: it looks at everything, or there are too many.
static uint8_t mask_number(struct flow_cache *cache, const struct flow_key *key, uint8_t kind)
{
	unsigned words = kind == FLOW_KIND_IPV6 ? FLOW_KEY_LONG : FLOW_KEY_SHORT, unused = 0;
	bool full = true;

	for (unsigned i = 0; i < words; i++)
		full = full && key->word[i] == UINT64_MAX;
	if (full) return 0;
	for (unsigned number = 1; number <= FLOW_MASKS; number++) {
		struct flow_mask_slot *mask = &cache->mask[number];

		if (!mask->used)
			unused = unused == 0 ? number : unused;
		else if (mask->kind == kind && memcmp(mask->key, key->word, words * sizeof(uint64_t)) == 0)
			return (uint8_t)number;
	}
	if (unused == 0) return 0;
	memcpy(cache->mask[unused].key, key->word, sizeof(cache->mask[unused].key));
	cache->mask[unused].hits = 0;
	cache->mask[unused].kind = kind;
	cache->mask[unused].used = true;
	cache->order[kind][cache->mask_count[kind]++] = (uint8_t)unused;
	return (uint8_t)unused;
}

void flow_synthesize(struct flow_cache *cache, struct flow_record *record)
{
	const struct flow_parsed *p = &record->parsed;
	uint32_t path = flow_path_take(&cache->paths, &record->verdict, cache->now);
	uint64_t masked[FLOW_KEY_LONG];
	struct flow_key mask;
	uint8_t number;

	if (path == 0) return;
	key_mask(record, &mask);
	number = mask_number(cache, &mask, p->key.kind);
	if (number != 0) {
		unsigned words = flow_key_words(&p->key);

		flow_key_masked(&p->key, &cache->mask[number], words, masked);
		flow_cache_enter(cache, p, masked,
				 words == FLOW_KEY_LONG ? flow_hash_long(masked, number)
							: flow_hash_short(masked, number),
				 number, record->mask.word, path);
	} else {
		flow_cache_enter(cache, p, p->key.word, flow_hash(&p->key, 0), 0, record->mask.word, path);
	}
}
