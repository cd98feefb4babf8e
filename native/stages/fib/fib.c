// The kinds of tables of a VRF, and the change from one to the other.
#include "table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_byteorder.h>

#include "../../main/stage.h"

// ---------------------------------------------------------------- worker

void fib4_lookup(const struct fib *fib, const uint32_t *addresses, uint32_t *sets, unsigned n)
{
	const struct dir24 *dir =
		atomic_load_explicit((struct dir24 * _Atomic *)(uintptr_t)&fib->dir, memory_order_acquire);
	uint32_t fallback =
		atomic_load_explicit((_Atomic uint32_t *)(uintptr_t)&fib->default_set, memory_order_acquire);

	if (dir != NULL)
		dir24_lookup(dir, addresses, sets, n, fallback);
	else
		trie_lookup4(atomic_load_explicit((struct trie * _Atomic *)(uintptr_t)&fib->trie, memory_order_acquire),
			     addresses, sets, n, fallback);
}

void fib6_lookup(const struct fib *fib, const uint8_t *const *addresses, uint32_t *sets, unsigned n)
{
	uint32_t fallback =
		atomic_load_explicit((_Atomic uint32_t *)(uintptr_t)&fib->default_set, memory_order_acquire);

	trie_lookup6(atomic_load_explicit((struct trie * _Atomic *)(uintptr_t)&fib->trie, memory_order_acquire),
		     addresses, sets, n, fallback);
}

unsigned fib_decided_bits(const struct fib *fib, enum ip_version version, const struct ip_address *address)
{
	const struct dir24 *dir =
		atomic_load_explicit((struct dir24 * _Atomic *)(uintptr_t)&fib->dir, memory_order_acquire);
	uint64_t words[2];

	memcpy(words, address->bytes, sizeof(words));
	words[0] = rte_be_to_cpu_64(words[0]);
	if (version == IP_V4 && dir != NULL) return dir24_decided_bits(dir, (uint32_t)(words[0] >> 32));
	return trie_decided_bits(
		atomic_load_explicit((struct trie * _Atomic *)(uintptr_t)&fib->trie, memory_order_acquire), words[0],
		version == IP_V4 ? 0 : rte_be_to_cpu_64(words[1]));
}

bool fib_is_default(const struct fib *fib, enum ip_version version, const uint8_t *address)
{
	const struct dir24 *dir =
		atomic_load_explicit((struct dir24 * _Atomic *)(uintptr_t)&fib->dir, memory_order_acquire);
	const struct trie *trie =
		atomic_load_explicit((struct trie * _Atomic *)(uintptr_t)&fib->trie, memory_order_acquire);
	uint32_t v4, set = 0;

	if (version == IP_V6) {
		trie_lookup6(trie, &address, &set, 1, 0);
		return set == 0;
	}
	memcpy(&v4, address, sizeof(v4));
	if (dir != NULL)
		dir24_lookup(dir, &v4, &set, 1, 0);
	else
		trie_lookup4(trie, &v4, &set, 1, 0);
	return set == 0;
}

// ---------------------------------------------------------------- control thread

static int trie_make(struct trie **trie, bool large)
{
	*trie = malloc(sizeof(**trie));
	if (*trie == NULL) return -ENOMEM;
	if (trie_open(*trie, large) == 0) return 0;
	free(*trie);
	return -ENOMEM;
}

static void free_late(void *arg, uint32_t number)
{
	free(arg);
}

static void dir24_close_late(void *arg, uint32_t number)
{
	dir24_close(arg);
}

static void trie_drop(struct trie *trie)
{
	if (trie == NULL) return;
	trie_close(trie);
	fib_later(free_late, trie, 0);
}

int fib_open(struct fib **out, enum ip_version version)
{
	struct fib *fib = calloc(1, sizeof(*fib));
	struct trie *trie;

	if (fib == NULL) return -ENOMEM;
	fib->version = version;
	if (trie_make(&trie, false) < 0) {
		free(fib);
		return -ENOMEM;
	}
	fib->trie = trie;
	*out = fib;
	return 0;
}

void fib_close(struct fib *fib)
{
	if (fib == NULL) return;
	trie_drop(fib->trie);
	fib_unexpect(fib);
	if (fib->dir != NULL) fib_later(dir24_close_late, fib->dir, 0);
	fib_later(free_late, fib, 0);
}

size_t fib_memory(const struct fib *fib)
{
	return sizeof(*fib) + (fib->dir != NULL ? dir24_memory(fib->dir) : 0) +
	       (fib->trie != NULL ? sizeof(struct trie) + trie_memory(fib->trie) : 0);
}

int fib_set(struct fib *fib, const struct prefix *prefix, uint32_t set, bool fresh)
{
	int rc = 0;

	if (prefix->length == 0) {
		atomic_store_explicit(&fib->default_set, set, memory_order_release);
		return 0;
	}
	rc = fib->dir != NULL ? dir24_set(fib->dir, prefix, set, fresh) : trie_set(fib->trie, prefix, set);
	if (rc == 0 && fresh) fib->prefixes++;
	return rc;
}

void fib_delete(struct fib *fib, const struct prefix *prefix, unsigned cover_length, uint32_t cover_set)
{
	if (prefix->length == 0) {
		atomic_store_explicit(&fib->default_set, 0, memory_order_release);
		return;
	}
	if (fib->dir != NULL)
		dir24_delete(fib->dir, prefix, cover_length, cover_set);
	else
		trie_delete(fib->trie, prefix, cover_length, cover_set);
	fib->prefixes--;
}

static bool is_large(const struct fib *fib)
{
	return fib->dir != NULL || fib->trie->root_bits == 16;
}

bool fib_outgrown(const struct fib *fib, uint32_t expected)
{
	uint32_t prefixes = RTE_MAX(expected, fib->prefixes);

	return is_large(fib) ? prefixes < FIB_LARGE / 4 : prefixes > FIB_LARGE;
}

static int set_in_dir(void *ctx, const struct prefix *prefix, uint32_t set)
{
	return dir24_set(ctx, prefix, set, true);
}

static int set_in_trie(void *ctx, const struct prefix *prefix, uint32_t set)
{
	return trie_set(ctx, prefix, set);
}

int fib_expect_part(struct fib *fib, uint32_t expected)
{
	int rc;

	if (fib->version != IP_V4 || fib->dir != NULL || !fib_outgrown(fib, expected)) return 0;
	rc = dir24_open_part(&fib->coming);
	if (rc < 0) fib_unexpect(fib);
	return rc > 0;
}

void fib_unexpect(struct fib *fib)
{
	dir24_close(fib->coming);
	fib->coming = NULL;
}

int fib_rebuild(struct fib *fib, uint32_t expected, fib_each *each, void *owner)
{
	bool large = RTE_MAX(expected, fib->prefixes) > FIB_LARGE;
	struct dir24 *dir = NULL, *old_dir = fib->dir;
	struct trie *trie = NULL, *old_trie = fib->trie;

	if (large && fib->version == IP_V4) {
		int rc;

		dir = fib->coming;
		fib->coming = NULL;
		while ((rc = dir24_open_part(&dir)) > 0)
			;
		if (rc < 0) {
			dir24_close(dir);
			return -ENOMEM;
		}
		if (each(owner, set_in_dir, dir) < 0) {
			fib_later(dir24_close_late, dir, 0);
			return -ENOMEM;
		}
		// Workers look for the large table first: at no time there is none.
		atomic_store_explicit(&fib->dir, dir, memory_order_release);
	} else {
		if (trie_make(&trie, large) < 0) return -ENOMEM;
		if (each(owner, set_in_trie, trie) < 0) {
			trie_drop(trie);
			return -ENOMEM;
		}
		atomic_store_explicit(&fib->trie, trie, memory_order_release);
		atomic_store_explicit(&fib->dir, NULL, memory_order_release);
	}
	if (old_dir != NULL) fib_later(dir24_close_late, old_dir, 0);
	if (old_trie == NULL) return 0;
	if (dir != NULL) {
		// One that found no large table may be about to look for the trie.
		workers_synchronize();
		atomic_store_explicit(&fib->trie, NULL, memory_order_release);
	}
	trie_drop(old_trie);
	return 0;
}
