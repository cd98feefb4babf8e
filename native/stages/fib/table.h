// The routes of one family of a VRF as the control thread changes them.
#ifndef SLUICE_FIB_TABLE_H
#define SLUICE_FIB_TABLE_H

#include "dir24.h"
#include "fib.h"
#include "trie.h"

// Above so many prefixes a table is a large one, and a small one again below a quarter.
#define FIB_LARGE 4096

struct fib {
	enum ip_version version;
	_Atomic uint32_t default_set; // of the prefix of length 0; 0: none
	struct dir24 *_Atomic dir;    // IPv4, large; NULL: the trie has the routes
	struct trie *_Atomic trie;    // NULL while `dir` is there
	uint32_t prefixes;            // without the one of length 0
	struct dir24 *coming;         // being made for what is expected; NULL: none
};

// Calls set(ctx, prefix, set) for every prefix of the table but the one of length 0; ends with the first negative
// answer, which it returns.
typedef int fib_each(void *owner, int (*set)(void *ctx, const struct prefix *prefix, uint32_t set), void *ctx);

int fib_open(struct fib **fib, enum ip_version version); // 0 or -ENOMEM
// Memory goes at the next fib_reclaim(). NULL is fine.
void fib_close(struct fib *fib);
size_t fib_memory(const struct fib *fib);

// `fresh`: the prefix is not in the table. Set is not 0. 0, or -ENOMEM: nothing has changed.
int fib_set(struct fib *fib, const struct prefix *prefix, uint32_t set, bool fresh);
// The prefix is there; `cover`: the longest other one, of length 1 or more, that covers it (length 0: none).
void fib_delete(struct fib *fib, const struct prefix *prefix, unsigned cover_length, uint32_t cover_set);
// Whether another kind of table would suit what is in it, or `expected` prefixes.
bool fib_outgrown(const struct fib *fib, uint32_t expected);
// A part of the making of a table for so many prefixes, which the next fib_rebuild() then finds ready. 1: to be called
// again; 0: nothing is left to do. Without memory that is left to fib_rebuild().
int fib_expect_part(struct fib *fib, uint32_t expected);
// They do not come.
void fib_unexpect(struct fib *fib);
// Builds it beside the old one and swaps them. 0, or -ENOMEM: the old one stays, which holds any number.
int fib_rebuild(struct fib *fib, uint32_t expected, fib_each *each, void *owner);

// ---------------------------------------------------------------- sets

int next_hop_sets_start(void);
void next_hop_sets_stop(void);
// A new id, without hops (NEXT_HOP_NO_ROUTE). 0: none left.
uint32_t next_hop_set_take(void);
// The id and its hops go at the next fib_reclaim().
void next_hop_set_give(uint32_t id);
// Memory for a set of so many buckets; the set before goes at the next fib_reclaim().
struct next_hop_set *next_hop_set_alloc(unsigned buckets);
void next_hop_set_publish(uint32_t id, struct next_hop_set *set);
// A set of one hop, in one go. 0 or -ENOMEM.
int next_hop_set_one(uint32_t id, struct next_hop hop);

// Hops with their shares, as buckets: the buckets of hops that `before` (NULL: nothing) has as well stay where they
// are, as far as their share allows. NULL: no memory.
struct weighted_hop {
	struct next_hop hop;
	uint32_t weight;
};
struct next_hop_set *next_hop_buckets(const struct next_hop_set *before, const struct weighted_hop *hops,
				      unsigned count);

#endif
