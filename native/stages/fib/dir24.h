// IPv4 routes of a large VRF: an entry for each of the 2^24 leading parts of an address, and groups of 256 where a
// prefix is longer than 24 bits. A lookup reads one line of memory, or two.
//
//   entry: bits 0-23 set (0: none), or number of the group; 24-29 length of the prefix it is from; 31: a group
#ifndef SLUICE_FIB_DIR24_H
#define SLUICE_FIB_DIR24_H

#include "memory.h"
#include "trie.h"

typedef _Atomic uint32_t dir24_entry;

struct dir24 {
	dir24_entry *first;  // [1 << 24]
	dir24_entry *groups; // [256] each, by number; 0 is not used
	struct fib_range first_range, group_range;
	uint16_t *longer; // by group: prefixes in it longer than 24 bits
	uint32_t group_count, group_room;
	uint32_t spare; // chain of groups given back, by their first entry; 0: none
};

// A part of the making of a table, which takes 64 MB to be cleared: *dir is NULL at first. 1: to be called again. 0: it
// is ready. -ENOMEM: *dir, where it is not NULL, is for dir24_close().
int dir24_open_part(struct dir24 **dir);
// At once: no worker sees it. NULL is fine.
void dir24_close(struct dir24 *dir);
size_t dir24_memory(const struct dir24 *dir);

// As those of a trie; `fresh`: the prefix is not there yet.
int dir24_set(struct dir24 *dir, const struct prefix *prefix, uint32_t set, bool fresh);
void dir24_delete(struct dir24 *dir, const struct prefix *prefix, unsigned cover_length, uint32_t cover_set);
// Worker.
void dir24_lookup(const struct dir24 *dir, const uint32_t *addresses, uint32_t *sets, unsigned n, uint32_t fallback);
unsigned dir24_decided_bits(const struct dir24 *dir, uint32_t address);

#endif
