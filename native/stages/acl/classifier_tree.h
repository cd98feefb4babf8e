// What classifier_build.c makes and classifier.c walks.
#ifndef SLUICE_ACL_CLASSIFIER_TREE_H
#define SLUICE_ACL_CLASSIFIER_TREE_H

#include "classifier.h"

enum tree_kind { TREE_LEAF, TREE_CUT, TREE_FORK };

// A reference: kind, and for a cut the word, how far to shift it right and how many bits then count; `count` of a leaf
// is its blocks (0: no rule), `at` its first block or the first of the references below.
struct tree_reference {
	uint32_t at;
	uint16_t count; // leaf: blocks; cut: bits
	uint8_t word;
	uint8_t kind_shift; // kind << 6 | shift
};

static inline enum tree_kind tree_kind(struct tree_reference r)
{
	return (enum tree_kind)(r.kind_shift >> 6);
}

static inline unsigned tree_shift(struct tree_reference r)
{
	return r.kind_shift & 63;
}

static inline uint32_t tree_child(struct tree_reference r, const struct classifier_key *key)
{
	return r.at + ((key->word[r.word] >> tree_shift(r)) & ((1u << r.count) - 1));
}

#define BLOCK_RULES 8u

// One word of eight rules.
struct block_word {
	uint32_t value[BLOCK_RULES], mask[BLOCK_RULES];
};

// Ascending places in the list; a block that is not full has rules without a place that match nothing.
struct block_places {
	uint32_t place[BLOCK_RULES];
	uint32_t spare[BLOCK_RULES];
};

static inline size_t block_size(unsigned words)
{
	return words * sizeof(struct block_word) + sizeof(struct block_places);
}

// The parts of the rules that forward to a range of sources and destinations of its own ("small") or not, by tree.
#define TREE_ROOTS 4

struct classifier {
	uint8_t words, roots;
	struct {
		struct tree_reference reference;
		uint32_t first; // place of its first rule
	} root[TREE_ROOTS];     // by ascending `first`
	const struct tree_reference *table;
	const uint8_t *blocks;
	size_t block_size, memory;
	void *area; // of table and blocks
};

static inline const struct block_word *tree_block(const struct classifier *c, uint32_t block)
{
	return (const struct block_word *)(c->blocks + block * c->block_size);
}

static inline const struct block_places *tree_places(const struct classifier *c, uint32_t block)
{
	return (const struct block_places *)(tree_block(c, block) + c->words);
}

#endif
