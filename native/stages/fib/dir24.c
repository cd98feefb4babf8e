#include "dir24.h"

#include <errno.h>
#include <stdlib.h>

#include <rte_byteorder.h>
#include <rte_prefetch.h>

#define ENTRIES       (1u << 24)
#define MOST_GROUPS   (1u << 20)
#define GROUP         0x80000000u
#define SET           0xffffffu
#define LENGTH(entry) ((unsigned)((entry) >> 24) & 63)
#define AHEAD         32 // packets that a lookup asks for memory ahead
#define MOST_SIBLINGS 256
#define GROUP_BYTES   (256 * sizeof(dir24_entry))

static inline uint32_t get(const dir24_entry *entry)
{
	return atomic_load_explicit((dir24_entry *)(uintptr_t)entry, memory_order_acquire);
}

static void put(dir24_entry *entry, uint32_t value)
{
	atomic_store_explicit(entry, value, memory_order_release);
}

// So much is cleared at once, less than a millisecond.
#define OPEN_STEP (4u << 20)

int dir24_open_part(struct dir24 **out)
{
	struct dir24 *dir = *out;
	size_t all = ENTRIES * sizeof(dir24_entry), to;

	if (dir == NULL) {
		dir = calloc(1, sizeof(*dir));
		if (dir == NULL) return -ENOMEM;
		if (fib_range_open(&dir->first_range, all) < 0 ||
		    fib_range_open(&dir->group_range, MOST_GROUPS * GROUP_BYTES) < 0) {
			dir24_close(dir);
			return -ENOMEM;
		}
		dir->first = (dir24_entry *)dir->first_range.base;
		dir->groups = (dir24_entry *)dir->group_range.base;
		dir->group_count = 1;
		*out = dir;
	}
	to = RTE_MIN(dir->first_range.backed + OPEN_STEP, all);
	if (fib_range_back(&dir->first_range, to) < 0) return -ENOMEM;
	return to < all;
}

void dir24_close(struct dir24 *dir)
{
	if (dir == NULL) return;
	fib_range_close(&dir->first_range);
	fib_range_close(&dir->group_range);
	free(dir->longer);
	free(dir);
}

size_t dir24_memory(const struct dir24 *dir)
{
	return dir->first_range.backed + dir->group_range.backed + dir->group_room * sizeof(*dir->longer);
}

// ---------------------------------------------------------------- groups

static dir24_entry *group_at(const struct dir24 *dir, uint32_t number)
{
	return dir->groups + (size_t)number * 256;
}

static uint32_t group_take(struct dir24 *dir)
{
	uint32_t number = dir->spare;

	if (number != 0) {
		dir->spare = get(group_at(dir, number));
		return number;
	}
	number = dir->group_count;
	if (number >= MOST_GROUPS || fib_range_back(&dir->group_range, (number + 1) * GROUP_BYTES) < 0) return 0;
	if (number >= dir->group_room) {
		uint32_t room = dir->group_room ? dir->group_room * 2 : 1024;
		uint16_t *grown = realloc(dir->longer, room * sizeof(*grown));

		if (grown == NULL) return 0;
		dir->longer = grown;
		dir->group_room = room;
	}
	dir->group_count++;
	return number;
}

static void group_give(void *arg, uint32_t number)
{
	struct dir24 *dir = arg;

	put(group_at(dir, number), dir->spare);
	dir->spare = number;
}

// ---------------------------------------------------------------- changes

static void cover(dir24_entry *entry, unsigned count, unsigned length, uint32_t value)
{
	for (unsigned i = 0; i < count; i++)
		if (LENGTH(get(&entry[i])) <= length) put(&entry[i], value);
}

static void uncover(dir24_entry *entry, unsigned count, unsigned length, uint32_t value)
{
	for (unsigned i = 0; i < count; i++)
		if (LENGTH(get(&entry[i])) == length) put(&entry[i], value);
}

static void change(struct dir24 *dir, const struct prefix *prefix, uint32_t value,
		   void (*write)(dir24_entry *entry, unsigned count, unsigned length, uint32_t value))
{
	uint32_t address = (uint32_t)(prefix->high >> 32);
	dir24_entry *entry = &dir->first[address >> 8];

	if (prefix->length > 24) {
		dir24_entry *group = group_at(dir, get(entry) & SET);

		write(group + (address & 255), 1u << (32 - prefix->length), prefix->length, value);
		return;
	}
	for (unsigned i = 0; i < 1u << (24 - prefix->length); i++) {
		uint32_t it = get(&entry[i]);

		if ((it & GROUP) != 0)
			write(group_at(dir, it & SET), 256, prefix->length, value);
		else
			write(&entry[i], 1, prefix->length, value);
	}
}

int dir24_set(struct dir24 *dir, const struct prefix *prefix, uint32_t set, bool fresh)
{
	uint32_t value = set | (uint32_t)prefix->length << 24;
	dir24_entry *entry = &dir->first[prefix->high >> 40];
	uint32_t it = get(entry);

	if (prefix->length > 24 && (it & GROUP) == 0) {
		uint32_t number = group_take(dir);

		if (number == 0) return -ENOMEM;
		for (unsigned i = 0; i < 256; i++)
			put(&group_at(dir, number)[i], it);
		dir->longer[number] = 1;
		cover(group_at(dir, number) + ((prefix->high >> 32) & 255), 1u << (32 - prefix->length), prefix->length,
		      value);
		put(entry, GROUP | number);
		return 0;
	}
	if (prefix->length > 24 && fresh) dir->longer[it & SET]++;
	change(dir, prefix, value, cover);
	return 0;
}

void dir24_delete(struct dir24 *dir, const struct prefix *prefix, unsigned cover_length, uint32_t cover_set)
{
	dir24_entry *entry = &dir->first[prefix->high >> 40];
	uint32_t it = get(entry);

	change(dir, prefix, cover_length != 0 ? cover_set | (uint32_t)cover_length << 24 : 0, uncover);
	if (prefix->length <= 24 || --dir->longer[it & SET] > 0) return;
	// All of the group is from one prefix of at most 24 bits again.
	put(entry, get(group_at(dir, it & SET)));
	fib_later(group_give, dir, it & SET);
}

// ---------------------------------------------------------------- lookups

void dir24_lookup(const struct dir24 *dir, const uint32_t *addresses, uint32_t *sets, unsigned n, uint32_t fallback)
{
	uint16_t deep[MAX_BURST];

	for (unsigned from = 0; from < n; from += MAX_BURST) {
		const uint32_t *address = addresses + from;
		unsigned count = RTE_MIN(n - from, (unsigned)MAX_BURST), deep_count = 0;

		for (unsigned i = 0; i < RTE_MIN(count, (unsigned)AHEAD); i++)
			rte_prefetch0(&dir->first[rte_be_to_cpu_32(address[i]) >> 8]);
		for (unsigned i = 0; i < count; i++) {
			uint32_t it, set;

			rte_prefetch0(&dir->first[rte_be_to_cpu_32(address[RTE_MIN(i + AHEAD, count - 1)]) >> 8]);
			it = get(&dir->first[rte_be_to_cpu_32(address[i]) >> 8]);
			set = it & SET;
			sets[from + i] = set != 0 ? set : fallback;
			if (likely((it & GROUP) == 0)) continue;
			deep[deep_count++] = (uint16_t)i;
			rte_prefetch0(&group_at(dir, set)[rte_be_to_cpu_32(address[i]) & 255]);
		}
		for (unsigned k = 0; k < deep_count; k++) {
			unsigned i = deep[k];
			uint32_t set = get(&group_at(dir, sets[from + i])[rte_be_to_cpu_32(address[i]) & 255]) & SET;

			sets[from + i] = set != 0 ? set : fallback;
		}
	}
}

unsigned dir24_decided_bits(const struct dir24 *dir, uint32_t address)
{
	uint32_t place = address >> 8, it = get(&dir->first[place]);
	unsigned bits = 24;

	if ((it & GROUP) != 0) return 32;
	// As long as the other half says the same, one bit less decides.
	for (uint32_t size = 1; size <= MOST_SIBLINGS && bits > 1; size *= 2, bits--) {
		uint32_t half = (place & ~(size - 1)) ^ size;

		for (uint32_t i = 0; i < size; i++)
			if (get(&dir->first[half + i]) != it) return bits;
	}
	return bits;
}
