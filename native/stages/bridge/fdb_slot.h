// Taking, giving and counting slots of the forwarding database: what learning and the control thread share.
#ifndef SLUICE_FDB_SLOT_H
#define SLUICE_FDB_SLOT_H

#include "fdb.h"

// Adds (by 1) or removes (by -1) an entry to the counts it belongs to.
void fdb_account(struct fdb *fdb, uint64_t key, uint64_t value, int by);

// A slot of the key's buckets, claimed for the caller, who then fills it by fdb_slot_fill. An empty one, else one whose
// entry can go to its other bucket, else the learned one seen longest ago (counted as evicted). NULL: all are static.
struct fdb_entry *fdb_slot_claim(struct fdb *fdb, struct fdb_table *table, uint64_t hash, uint32_t now);
void fdb_slot_fill(struct fdb_entry *slot, uint64_t key, uint64_t value);

// Takes a slot that holds `key` with exactly `value` and leaves `next` as its key: 0 (empty) or FDB_CLAIMED (the
// caller fills it). False: it has changed meanwhile and stays.
bool fdb_slot_take(struct fdb_entry *slot, uint64_t key, uint64_t value, uint64_t next);

// Another slot that holds the key, or NULL: two threads may have inserted it at once.
struct fdb_entry *fdb_slot_twin(struct fdb_table *table, uint64_t key, uint64_t hash, const struct fdb_entry *slot);

#endif
