// Layout of a trie's parts, shared by its lookup and its changes.
#ifndef SLUICE_FIB_TRIE_PARTS_H
#define SLUICE_FIB_TRIE_PARTS_H

#include "memory.h"
#include "trie.h"

// A slot, from its low bits:
//   0-21  set that the longest prefix ending here has; 0: none
//   22-26 its bits beyond the node's position (root: beyond 0); 0: none
//   27-31 position of the child node / 4; 0: the child is a leaf
//   32-63 number of the child; 0: none
typedef _Atomic uint64_t trie_slot;

#define SLOT_SET         0x3fffffu
#define SLOT_DEPTH(slot) ((unsigned)((slot) >> 22) & 31)
#define SLOT_PLACE(slot) (((unsigned)((slot) >> 27) & 31) * 4)
#define SLOT_CHILD(slot) ((uint32_t)((slot) >> 32))
#define SLOT_ENDS        0x7ffffffu // set and depth

static inline uint64_t slot_ends(uint32_t set, unsigned depth)
{
	return set | (uint64_t)depth << 22;
}

static inline uint64_t slot_child(uint32_t number, unsigned position)
{
	return (uint64_t)number << 32 | (uint64_t)(position / 4) << 27;
}

// 160 bytes, in 192: the head and the first slots share a cache line.
struct trie_node {
	uint64_t high, low; // bits before its position, the rest 0
	uint64_t mask_high, mask_low;
	trie_slot slot[16];
};

struct trie_leaf {
	uint64_t high, low;
	_Atomic uint32_t set;
	uint8_t length;
};

// Masks of the leading bits, by their number: high, low.
extern uint64_t trie_masks[129][2];

static inline unsigned trie_bits(uint64_t high, uint64_t low, unsigned position)
{
	return (unsigned)((position < 64 ? high : low) >> (60 - (position & 63))) & 15;
}

#endif
