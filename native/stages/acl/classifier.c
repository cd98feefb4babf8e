#include "classifier_tree.h"

#include <rte_branch_prediction.h>
#include <rte_prefetch.h>

#define TOGETHER 16 // keys that go down a tree side by side, so that their cache misses overlap

typedef uint32_t eight_words __attribute__((vector_size(32), aligned(32), may_alias));
typedef uint16_t sixteen_halves __attribute__((vector_size(32), aligned(32), may_alias));

// Bit i: lane i is all ones.
static inline unsigned lanes(const eight_words *v)
{
#ifdef __AVX2__
	return (unsigned)__builtin_ia32_movmskps256((__v8sf)*v);
#else
	typedef float four __attribute__((vector_size(16), may_alias));
	const four *half = (const four *)v;

	return (unsigned)__builtin_ia32_movmskps(half[0]) | (unsigned)__builtin_ia32_movmskps(half[1]) << 4;
#endif
}

// Which of a block's rules match, a bit each.
static inline unsigned block_match(const struct block_word *block, unsigned words, const struct classifier_key *key)
{
	eight_words miss = {0};

	for (unsigned w = 0; w < words; w++) {
		const uint32_t k = key->word[w];
		const eight_words all = {k, k, k, k, k, k, k, k};

		if (w == WORD_PORTS || w == WORD_SIZES) {
			const sixteen_halves halves = (sixteen_halves)all;
			const sixteen_halves *low = (const sixteen_halves *)block[w].value;
			const sixteen_halves *high = (const sixteen_halves *)block[w].mask;

			miss |= (eight_words)((halves < *low) | (halves > *high));
		} else {
			const eight_words *value = (const eight_words *)block[w].value;
			const eight_words *mask = (const eight_words *)block[w].mask;

			miss |= (all & *mask) ^ *value;
		}
	}
	miss = (eight_words)(miss == 0);
	return lanes(&miss);
}

static inline uint32_t leaf_match(const struct classifier *c, struct tree_reference leaf, unsigned words,
				  const struct classifier_key *key)
{
	for (uint32_t b = leaf.at; b < leaf.at + leaf.count; b++) {
		unsigned match = block_match(tree_block(c, b), words, key);

		if (match != 0) return tree_places(c, b)->place[__builtin_ctz(match)];
	}
	return CLASSIFIER_NONE;
}

static uint32_t walk(const struct classifier *c, struct tree_reference r, const struct classifier_key *key)
{
	while (tree_kind(r) == TREE_CUT)
		r = c->table[tree_child(r, key)];
	if (tree_kind(r) == TREE_LEAF) return leaf_match(c, r, c->words, key);
	return RTE_MIN(walk(c, c->table[r.at], key), walk(c, c->table[r.at + 1], key));
}

static inline void lookup(const struct classifier *c, struct tree_reference root, uint32_t first, unsigned words,
			  const struct classifier_key *keys, uint32_t *matches, unsigned n)
{
	struct tree_reference at[TOGETHER];
	bool down = tree_kind(root) == TREE_CUT;

	for (unsigned i = 0; i < n; i++)
		at[i] = root;
	while (down) {
		const struct tree_reference *below[TOGETHER];

		for (unsigned i = 0; i < n; i++) {
			below[i] = tree_kind(at[i]) == TREE_CUT ? &c->table[tree_child(at[i], &keys[i])] : &at[i];
			rte_prefetch0(below[i]);
		}
		down = false;
		for (unsigned i = 0; i < n; i++) {
			at[i] = *below[i];
			down |= tree_kind(at[i]) == TREE_CUT;
		}
	}
	for (unsigned i = 0; i < n; i++) {
		const uint8_t *block = (const uint8_t *)tree_block(c, at[i].at);

		if (tree_kind(at[i]) != TREE_LEAF || at[i].count == 0 || matches[i] < first) continue;
		for (unsigned line = 0; line <= words; line++)
			rte_prefetch0(block + line * RTE_CACHE_LINE_SIZE);
	}
	for (unsigned i = 0; i < n; i++) {
		uint32_t match;

		if (matches[i] < first) continue;
		match = likely(tree_kind(at[i]) == TREE_LEAF) ? leaf_match(c, at[i], words, &keys[i])
							      : walk(c, at[i], &keys[i]);
		if (match < matches[i]) matches[i] = match;
	}
}

void classifier_lookup(const struct classifier *c, const struct classifier_key *keys, uint32_t *matches, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		matches[i] = CLASSIFIER_NONE;
	for (unsigned from = 0; from < n; from += TOGETHER) {
		unsigned some = RTE_MIN(n - from, (unsigned)TOGETHER);

		// The number of words as a constant, so that the loop over them is none.
		for (unsigned r = 0; r < c->roots; r++)
			if (c->words == WORD_ADDRESS + 2)
				lookup(c, c->root[r].reference, c->root[r].first, WORD_ADDRESS + 2, keys + from,
				       matches + from, some);
			else
				lookup(c, c->root[r].reference, c->root[r].first, CLASSIFIER_WORDS, keys + from,
				       matches + from, some);
	}
}
