// Prefixes of up to 128 bits in a trie of four bits a node that leaves out nodes without a choice.
//
//   root: 2^8 or 2^16 slots, by the first bits
//   node: the bits before its position (what its way left out is checked against them), 16 slots
//   leaf: a prefix that is alone on its way
//
// A slot says the longest prefix that ends in its node there (set and how many bits it has beyond the node's position),
// and where longer ones are. A lookup takes the last set that it met: nothing is pushed down, so a change writes to one
// node. Every change is one store of 64 bits an address can meet, or a part that becomes reachable by one.
//
// IPv4 addresses are the first 32 bits of a key.
#ifndef SLUICE_FIB_TRIE_H
#define SLUICE_FIB_TRIE_H

#include <stdatomic.h>

#include "../../main/dataplane.h"

// First bit of the address is the top bit of `high`; what lies beyond the length is 0.
struct prefix {
	uint64_t high, low;
	uint8_t length;
};

struct trie {
	uint32_t root; // number of the part (memory.h); 0: nothing in it
	uint32_t root_bits;
	size_t memory; // bytes, without the root
};

// large: 16 bits. 0 or -ENOMEM.
int trie_open(struct trie *trie, bool large);
// Parts are freed once the workers are quiescent.
void trie_close(struct trie *trie);
size_t trie_memory(const struct trie *trie);

// Length at least 1, set not 0. A new one, or another set of one that is there. 0 or -ENOMEM (nothing has changed).
int trie_set(struct trie *trie, const struct prefix *prefix, uint32_t set);
// It is there. `cover`: the longest other prefix in the trie that covers it, of set cover_set; cover_length 0: none.
void trie_delete(struct trie *trie, const struct prefix *prefix, unsigned cover_length, uint32_t cover_set);

// Worker. sets[i] is `fallback` where nothing matches.
void trie_lookup4(const struct trie *trie, const uint32_t *addresses, uint32_t *sets, unsigned n, uint32_t fallback);
void trie_lookup6(const struct trie *trie, const uint8_t *const *addresses, uint32_t *sets, unsigned n,
		  uint32_t fallback);
unsigned trie_decided_bits(const struct trie *trie, uint64_t high, uint64_t low);

#endif
