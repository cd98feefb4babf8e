// Which bits of a key decided a lookup. The mask is correct because it holds all that the walk looks at: each key that
// is alike in it takes the same cuts, and each rule that it meets before the one that matches misses it in the same
// place.
#include "classifier_tree.h"

// Leading bits of a half, so that all numbers with these bits are within [low, high] (inside), or outside of it.
static uint16_t range_mask(uint16_t number, uint16_t low, uint16_t high, bool inside)
{
	for (unsigned open = 16; open > 0; open--) {
		uint16_t spread = (uint16_t)((1u << open) - 1), first = (uint16_t)(number & ~spread),
			 last = (uint16_t)(number | spread);

		if (inside ? first >= low && last <= high : last < low || first > high) return (uint16_t)~spread;
	}
	return UINT16_MAX;
}

static unsigned halves(unsigned word)
{
	return word == WORD_PORTS || word == WORD_SIZES ? 2 : 1;
}

// What of a word (or half of one: `shift` 16 or 0) has to be alike so that it goes on to match, or to miss; 0: nothing
// that would make it miss.
static uint32_t needed(const struct block_word *block, unsigned lane, unsigned word, unsigned half, uint32_t key,
		       bool matches)
{
	uint32_t value = block[word].value[lane], mask = block[word].mask[lane], differs;
	unsigned shift = half * 16;

	if (halves(word) == 2) {
		uint16_t number = (uint16_t)(key >> shift), low = (uint16_t)(value >> shift),
			 high = (uint16_t)(mask >> shift);

		if ((number >= low && number <= high) != matches) return 0;
		return (uint32_t)range_mask(number, low, high, matches) << shift;
	}
	differs = (key ^ value) & mask;
	if (matches) return mask;
	// The first bit that differs is enough; of an address all that stands before it counts anyway.
	return differs != 0 ? 1u << (31 - __builtin_clz(differs)) : 0;
}

// Bits that become known and were not, where those of an address count from the front.
static unsigned cost(unsigned words, const struct classifier_key *mask, unsigned word, uint32_t bits)
{
	static const unsigned dear[WORD_ADDRESS] = {[WORD_MISC] = 2, [WORD_PORTS] = 12, [WORD_SIZES] = 200};
	unsigned side, front = 0, last, known = 0;

	if ((bits & ~mask->word[word]) == 0) return 0;
	if (word < WORD_ADDRESS) return dear[word] + (unsigned)__builtin_popcount(bits & ~mask->word[word]);
	side = (words - WORD_ADDRESS) / 2;
	last = word >= WORD_ADDRESS + side ? WORD_ADDRESS + side : WORD_ADDRESS;
	for (unsigned w = last; w < last + side; w++) {
		if (mask->word[w] != 0) known = (w - last + 1) * 32 - (unsigned)__builtin_ctz(mask->word[w]);
		if (w == word) front = (w - last + 1) * 32 - (unsigned)__builtin_ctz(bits);
	}
	return front > known ? 1 + front - known : 0;
}

// Adds what makes the lane's rule miss.
static void exclude(unsigned words, const struct block_word *block, unsigned lane, const struct classifier_key *key,
		    struct classifier_key *mask)
{
	unsigned best = UINT32_MAX, best_word = 0;
	uint32_t best_bits = 0;

	for (unsigned w = 0; w < words; w++)
		for (unsigned half = 0; half < halves(w); half++) {
			uint32_t bits = needed(block, lane, w, half, key->word[w], false);
			unsigned price = bits != 0 ? cost(words, mask, w, bits) : UINT32_MAX;

			if (price >= best) continue;
			best = price;
			best_word = w;
			best_bits = bits;
		}
	mask->word[best_word] |= best_bits;
}

static bool lane_matches(unsigned words, const struct block_word *block, unsigned lane,
			 const struct classifier_key *key)
{
	for (unsigned w = 0; w < words; w++) {
		uint32_t k = key->word[w], value = block[w].value[lane], mask = block[w].mask[lane];

		if (halves(w) == 1 ? ((k & mask) != value)
				   : ((k >> 16) < (value >> 16) || (k >> 16) > (mask >> 16) ||
				      (uint16_t)k < (uint16_t)value || (uint16_t)k > (uint16_t)mask))
			return false;
	}
	return true;
}

static uint32_t explain(const struct classifier *c, struct tree_reference r, const struct classifier_key *key,
			struct classifier_key *mask)
{
	while (tree_kind(r) == TREE_CUT) {
		mask->word[r.word] |= ((1u << r.count) - 1) << tree_shift(r);
		r = c->table[tree_child(r, key)];
	}
	if (tree_kind(r) == TREE_FORK) {
		uint32_t one = explain(c, c->table[r.at], key, mask), other = explain(c, c->table[r.at + 1], key, mask);

		return RTE_MIN(one, other);
	}
	for (uint32_t b = r.at; b < r.at + r.count; b++) {
		const struct block_word *block = tree_block(c, b);
		const struct block_places *places = tree_places(c, b);

		for (unsigned lane = 0; lane < BLOCK_RULES && places->place[lane] != CLASSIFIER_NONE; lane++) {
			if (!lane_matches(c->words, block, lane, key)) {
				exclude(c->words, block, lane, key, mask);
				continue;
			}
			for (unsigned w = 0; w < c->words; w++)
				for (unsigned half = 0; half < halves(w); half++)
					mask->word[w] |= needed(block, lane, w, half, key->word[w], true);
			return places->place[lane];
		}
	}
	return CLASSIFIER_NONE;
}

uint32_t classifier_explain(const struct classifier *c, const struct classifier_key *key, struct classifier_key *mask)
{
	uint32_t match = CLASSIFIER_NONE;

	*mask = (struct classifier_key){0};
	for (unsigned r = 0; r < c->roots; r++) {
		uint32_t found;

		if (match < c->root[r].first) continue;
		found = explain(c, c->root[r].reference, key, mask);
		match = RTE_MIN(match, found);
	}
	return match;
}
