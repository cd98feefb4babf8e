// Rules and keys at random, for the classifier's tests and benchmark.
#ifndef SLUICE_ACL_CLASSIFIER_RULES_H
#define SLUICE_ACL_CLASSIFIER_RULES_H

#include "../../testing/random.h"
#include "classifier.h"

static inline uint32_t random_next(uint64_t *state)
{
	return (uint32_t)(random_bits(state) >> 32);
}

static inline uint32_t random_below(uint64_t *state, uint32_t n)
{
	return (uint32_t)((uint64_t)random_next(state) * n >> 32);
}

// Leading bits of an address at `word`.
static inline void random_prefix(uint64_t *state, struct classifier_rule *rule, unsigned word, unsigned words,
				 unsigned bits)
{
	for (unsigned w = 0; w < words; w++) {
		unsigned here = bits > 32 ? 32 : bits;

		rule->mask[word + w] = here == 0 ? 0 : UINT32_MAX << (32 - here);
		rule->value[word + w] = random_next(state) & rule->mask[word + w];
		bits -= here;
	}
}

static inline void random_range(uint64_t *state, struct classifier_rule *rule, unsigned word, unsigned shift)
{
	uint32_t low = random_below(state, 65536), high = low, kind = random_below(state, 4);

	if (kind == 0) high = low + random_below(state, 65536 - low);
	if (kind == 1) low = 1024, high = 65535;
	rule->value[word] = (rule->value[word] & ~(0xffffu << shift)) | low << shift;
	rule->mask[word] = (rule->mask[word] & ~(0xffffu << shift)) | high << shift;
}

// Mixed prefix lengths (a tenth without), protocols and ports; `odd`: flags, DSCP, sizes too, and narrow addresses, so
// that rules overlap; the last one matches everything.
static inline void random_rules(uint64_t *state, enum ip_version version, struct classifier_rule *rules, uint32_t count,
				bool odd)
{
	unsigned words = classifier_address_words(version);

	for (uint32_t i = 0; i < count; i++) {
		struct classifier_rule *r = &rules[i];

		classifier_rule_any(r);
		if (i + 1 == count) break;
		for (unsigned side = 0; side < 2; side++) {
			unsigned at = WORD_ADDRESS + side * words, bits = 8 + random_below(state, 25);

			if (version == IP_V6) bits = 16 + 8 * random_below(state, 15);
			if (random_below(state, 10) == 0) bits = 0;
			random_prefix(state, r, at, words, bits);
			if (odd && random_below(state, 2) == 0) {
				r->mask[at] &= 0xff00ff00;
				r->value[at] &= 0x03000300 & r->mask[at];
			} else if (odd) {
				r->value[at] &= 0x0303ffff;
			}
		}
		if (random_below(state, 4) != 0) {
			uint32_t tcp = random_below(state, 2);

			r->mask[WORD_MISC] = 0xff0000ff & ~(0xffu & ~CLASS_PORTS);
			r->value[WORD_MISC] = (tcp != 0 ? 6u : 17u) << 24 | CLASS_PORTS;
			if (random_below(state, 3) == 0) random_range(state, r, WORD_PORTS, 16);
			if (random_below(state, 3) != 0) random_range(state, r, WORD_PORTS, 0);
			if (odd && random_below(state, 4) == 0) {
				r->mask[WORD_MISC] |= random_below(state, 256) << 16;
				r->value[WORD_MISC] |= random_next(state) & r->mask[WORD_MISC] & 0xff0000;
			}
		}
		if (odd && random_below(state, 6) == 0) {
			r->mask[WORD_MISC] |= 0x3f00;
			r->value[WORD_MISC] |= random_below(state, 4) << 8;
		}
		if (odd && random_below(state, 8) == 0) random_range(state, r, WORD_SIZES, 16);
	}
}

// A packet: half of them inside a rule's addresses and ports.
static inline void random_key(uint64_t *state, enum ip_version version, const struct classifier_rule *rules,
			      uint32_t count, struct classifier_key *key)
{
	const struct classifier_rule *r = &rules[random_below(state, count)];
	unsigned words = classifier_words(version);
	bool near = random_below(state, 4) != 0;

	*key = (struct classifier_key){0};
	for (unsigned w = 0; w < words; w++) {
		key->word[w] = random_next(state);
		if (w == WORD_MISC)
			key->word[w] =
				(random_below(state, 2) ? 6u : 17u) << 24 | (key->word[w] & 0xff0300) | CLASS_PORTS;
		if (!near) continue;
		if (w != WORD_PORTS && w != WORD_SIZES) {
			key->word[w] = (key->word[w] & ~r->mask[w]) | r->value[w];
			continue;
		}
		for (unsigned shift = 0; shift <= 16; shift += 16) {
			uint32_t low = (uint16_t)(r->value[w] >> shift), high = (uint16_t)(r->mask[w] >> shift);
			uint32_t number = low + random_below(state, high - low + 1);

			// Now and then just beside it.
			if (random_below(state, 16) == 0) number = random_below(state, 2) ? high + 1 : low - 1;
			key->word[w] = (key->word[w] & ~(0xffffu << shift)) | (number & 0xffff) << shift;
		}
	}
}

#endif
