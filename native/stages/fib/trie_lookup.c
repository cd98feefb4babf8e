// Lookups in a trie. A burst goes through it level by level: what all its packets need next is asked for together, and
// nothing in the loops branches on what a packet finds.
#include "trie.h"

#include <string.h>

#include <rte_byteorder.h>
#include <rte_prefetch.h>

#include "trie_parts.h"

#define BURST 64

static inline uint64_t get(const trie_slot *slot)
{
	return atomic_load_explicit((trie_slot *)(uintptr_t)slot, memory_order_acquire);
}

struct burst {
	uint64_t high[BURST], low[BURST];
	uint64_t slot[BURST]; // the last one met
	uint8_t nodes[BURST], leaves[BURST];
	unsigned node_count, leaf_count;
};

// Notes where packet i goes on, and asks for it.
static inline void follow(struct burst *b, unsigned i, uint64_t slot)
{
	uint32_t child = SLOT_CHILD(slot);
	unsigned position = SLOT_PLACE(slot);
	const struct trie_node *node = fib_part_at(child);

	b->slot[i] = slot;
	b->nodes[b->node_count] = b->leaves[b->leaf_count] = (uint8_t)i;
	b->node_count += child != 0 && position != 0;
	b->leaf_count += child != 0 && position == 0;
	rte_prefetch0(node);
	rte_prefetch0(position != 0 ? (const void *)&node->slot[trie_bits(b->high[i], b->low[i], position)] : node);
}

static inline __rte_always_inline void walk(const struct trie *trie, struct burst *b, uint32_t *sets, unsigned n,
					    bool wide)
{
	const trie_slot *root = fib_part_at(trie->root);
	unsigned shift = 64 - trie->root_bits;

	for (unsigned i = 0; i < n; i++)
		rte_prefetch0(&root[b->high[i] >> shift]);
	b->node_count = b->leaf_count = 0;
	for (unsigned i = 0; i < n; i++) {
		uint64_t slot = get(&root[b->high[i] >> shift]);
		uint32_t set = slot & SLOT_SET;

		sets[i] = set != 0 ? set : sets[i];
		follow(b, i, slot);
	}
	while (b->node_count > 0) {
		unsigned count = b->node_count;

		b->node_count = 0;
		for (unsigned k = 0; k < count; k++) {
			unsigned i = b->nodes[k], position = SLOT_PLACE(b->slot[i]);
			const struct trie_node *node = fib_part_at(SLOT_CHILD(b->slot[i]));
			uint64_t off = (b->high[i] & node->mask_high) ^ node->high, slot;

			if (wide) off |= (b->low[i] & node->mask_low) ^ node->low;
			slot = get(&node->slot[trie_bits(b->high[i], b->low[i], position)]);
			slot = off == 0 ? slot : 0;
			uint32_t set = slot & SLOT_SET;
			sets[i] = set != 0 ? set : sets[i];
			follow(b, i, slot);
		}
	}
	for (unsigned k = 0; k < b->leaf_count; k++) {
		unsigned i = b->leaves[k];
		const struct trie_leaf *leaf = fib_part_at(SLOT_CHILD(b->slot[i]));
		const uint64_t *mask = trie_masks[leaf->length];
		uint64_t off = (b->high[i] & mask[0]) ^ leaf->high;
		uint32_t set = atomic_load_explicit((_Atomic uint32_t *)(uintptr_t)&leaf->set, memory_order_relaxed);

		if (wide) off |= (b->low[i] & mask[1]) ^ leaf->low;
		sets[i] = off == 0 ? set : sets[i];
	}
}

void trie_lookup4(const struct trie *trie, const uint32_t *addresses, uint32_t *sets, unsigned n, uint32_t fallback)
{
	struct burst b;

	for (unsigned from = 0; from < n; from += BURST) {
		unsigned count = RTE_MIN(n - from, (unsigned)BURST);

		for (unsigned i = 0; i < count; i++) {
			b.high[i] = (uint64_t)rte_be_to_cpu_32(addresses[from + i]) << 32;
			b.low[i] = 0;
			sets[from + i] = fallback;
		}
		walk(trie, &b, sets + from, count, false);
	}
}

void trie_lookup6(const struct trie *trie, const uint8_t *const *addresses, uint32_t *sets, unsigned n,
		  uint32_t fallback)
{
	struct burst b;

	for (unsigned from = 0; from < n; from += BURST) {
		unsigned count = RTE_MIN(n - from, (unsigned)BURST);

		for (unsigned i = 0; i < count; i++) {
			uint64_t address[2];

			memcpy(address, addresses[from + i], sizeof(address));
			b.high[i] = rte_be_to_cpu_64(address[0]);
			b.low[i] = rte_be_to_cpu_64(address[1]);
			sets[from + i] = fallback;
		}
		walk(trie, &b, sets + from, count, true);
	}
}

// The first bit in which a key leaves a prefix of that many bits, counted from 1; 0: it does not.
static unsigned parts_at(uint64_t high, uint64_t low, uint64_t other_high, uint64_t other_low, unsigned bits)
{
	uint64_t h = (high ^ other_high) & trie_masks[bits][0], l = (low ^ other_low) & trie_masks[bits][1];

	return h != 0 ? (unsigned)__builtin_clzll(h) + 1 : l != 0 ? (unsigned)__builtin_clzll(l) + 65 : 0;
}

unsigned trie_decided_bits(const struct trie *trie, uint64_t high, uint64_t low)
{
	uint64_t slot = get((const trie_slot *)fib_part_at(trie->root) + (high >> (64 - trie->root_bits)));
	unsigned bits = trie->root_bits;

	while (SLOT_CHILD(slot) != 0) {
		const void *child = fib_part_at(SLOT_CHILD(slot));
		unsigned position = SLOT_PLACE(slot), apart;

		if (position == 0) {
			const struct trie_leaf *leaf = child;

			apart = parts_at(high, low, leaf->high, leaf->low, leaf->length);
			return RTE_MAX(bits, apart != 0 ? apart : leaf->length);
		}
		const struct trie_node *node = child;
		apart = parts_at(high, low, node->high, node->low, position);
		if (apart != 0) return RTE_MAX(bits, apart);
		slot = get(&node->slot[trie_bits(high, low, position)]);
		bits = position + 4;
	}
	return bits;
}
