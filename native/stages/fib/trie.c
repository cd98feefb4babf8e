// Changes of a trie. Control thread.
#include "trie.h"

#include <errno.h>
#include <string.h>

#include "trie_parts.h"

#define MOST_DEPTH 33

uint64_t trie_masks[129][2];

RTE_INIT(trie_masks_fill)
{
	for (unsigned bits = 1; bits <= 128; bits++) {
		trie_masks[bits][0] = bits >= 64 ? UINT64_MAX : ~(UINT64_MAX >> bits);
		trie_masks[bits][1] = bits <= 64 ? 0 : bits == 128 ? UINT64_MAX : ~(UINT64_MAX >> (bits - 64));
	}
}

static uint64_t get(const trie_slot *slot)
{
	return atomic_load_explicit(slot, memory_order_relaxed);
}

// What a worker finds by the slot has been written before.
static void put(trie_slot *slot, uint64_t value)
{
	atomic_store_explicit(slot, value, memory_order_release);
}

// Leading bits that two keys share, at most `most`.
static unsigned shared(uint64_t high, uint64_t low, const struct prefix *prefix, unsigned most)
{
	uint64_t h = high ^ prefix->high, l = low ^ prefix->low;
	unsigned bits = h != 0 ? (unsigned)__builtin_clzll(h) : l != 0 ? 64 + (unsigned)__builtin_clzll(l) : 128;

	return RTE_MIN(bits, most);
}

static enum fib_part root_part(const struct trie *trie)
{
	return trie->root_bits == 16 ? FIB_ROOT_LARGE : FIB_ROOT_SMALL;
}

static uint32_t take(struct trie *trie, enum fib_part part)
{
	uint32_t number = fib_part_take(part);

	if (number != 0) trie->memory += fib_part_size(part);
	return number;
}

static void give_later(struct trie *trie, enum fib_part part, uint32_t number)
{
	trie->memory -= fib_part_size(part);
	fib_part_give_later(part, number);
}

int trie_open(struct trie *trie, bool large)
{
	*trie = (struct trie){.root_bits = large ? 16 : 8};
	trie->root = fib_part_take(root_part(trie));
	return trie->root != 0 ? 0 : -ENOMEM;
}

size_t trie_memory(const struct trie *trie)
{
	return trie->memory + (trie->root != 0 ? fib_part_size(root_part(trie)) : 0);
}

// ---------------------------------------------------------------- one node's slots

// The slots of a node (or of the root) and which bits they stand for.
struct level {
	trie_slot *slot;
	unsigned position, bits;
};

static struct level root_level(const struct trie *trie)
{
	return (struct level){fib_part_at(trie->root), 0, trie->root_bits};
}

static struct level node_level(uint32_t number, unsigned position)
{
	return (struct level){((struct trie_node *)fib_part_at(number))->slot, position, 4};
}

static trie_slot *slot_of(const struct level *level, uint64_t high, uint64_t low)
{
	if (level->position == 0) return &level->slot[high >> (64 - level->bits)];
	return &level->slot[trie_bits(high, low, level->position)];
}

// In all slots that the prefix covers: what is as short or shorter gives way.
static void cover(const struct level *level, const struct prefix *prefix, uint32_t set)
{
	unsigned depth = prefix->length - level->position;
	trie_slot *slot = slot_of(level, prefix->high, prefix->low);

	for (unsigned i = 0; i < 1u << (level->bits - depth); i++) {
		uint64_t value = get(&slot[i]);

		if (SLOT_DEPTH(value) <= depth) put(&slot[i], (value & ~(uint64_t)SLOT_ENDS) | slot_ends(set, depth));
	}
}

static void uncover(const struct level *level, const struct prefix *prefix, unsigned cover_length, uint32_t cover_set)
{
	unsigned depth = prefix->length - level->position;
	trie_slot *slot = slot_of(level, prefix->high, prefix->low);
	uint64_t ends = cover_length > level->position ? slot_ends(cover_set, cover_length - level->position) : 0;

	for (unsigned i = 0; i < 1u << (level->bits - depth); i++) {
		uint64_t value = get(&slot[i]);

		if (SLOT_DEPTH(value) == depth) put(&slot[i], (value & ~(uint64_t)SLOT_ENDS) | ends);
	}
}

static uint32_t leaf_new(struct trie *trie, const struct prefix *prefix, uint32_t set)
{
	uint32_t number = take(trie, FIB_LEAF);
	struct trie_leaf *leaf = fib_part_at(number);

	if (number == 0) return 0;
	leaf->high = prefix->high;
	leaf->low = prefix->low;
	leaf->length = prefix->length;
	atomic_store_explicit(&leaf->set, set, memory_order_relaxed);
	return number;
}

static uint32_t node_new(struct trie *trie, const struct prefix *prefix, unsigned position)
{
	uint32_t number = take(trie, FIB_NODE);
	struct trie_node *node = fib_part_at(number);

	if (number == 0) return 0;
	node->mask_high = trie_masks[position][0];
	node->mask_low = trie_masks[position][1];
	node->high = prefix->high & node->mask_high;
	node->low = prefix->low & node->mask_low;
	return number;
}

// ---------------------------------------------------------------- setting

// Puts a prefix into a node that no worker sees: either it ends there, or gets a leaf. The slot has no child.
static int put_fresh(struct trie *trie, const struct level *level, const struct prefix *prefix, uint32_t set)
{
	trie_slot *slot = slot_of(level, prefix->high, prefix->low);
	uint32_t leaf;

	if (prefix->length <= level->position + level->bits) {
		cover(level, prefix, set);
		return 0;
	}
	leaf = leaf_new(trie, prefix, set);
	if (leaf == 0) return -ENOMEM;
	put(slot, (get(slot) & SLOT_ENDS) | slot_child(leaf, 0));
	return 0;
}

// A leaf stands in the way: a node takes its place that has both.
static int split_leaf(struct trie *trie, trie_slot *slot, const struct prefix *prefix, uint32_t set)
{
	uint64_t value = get(slot);
	struct trie_leaf *leaf = fib_part_at(SLOT_CHILD(value));
	unsigned most = RTE_MIN(leaf->length, prefix->length) - 1u;
	unsigned position = shared(leaf->high, leaf->low, prefix, most) & ~3u;
	uint32_t number = node_new(trie, prefix, position);
	struct level level = node_level(number, position);
	bool ends = leaf->length <= position + 4;

	if (number == 0) return -ENOMEM;
	if (ends) {
		struct prefix old = {leaf->high, leaf->low, leaf->length};

		cover(&level, &old, atomic_load_explicit(&leaf->set, memory_order_relaxed));
	} else {
		trie_slot *at = slot_of(&level, leaf->high, leaf->low);

		put(at, (get(at) & SLOT_ENDS) | slot_child(SLOT_CHILD(value), 0));
		// The other prefix may share its slot only if it ends in the node: the position is where they part.
	}
	if (put_fresh(trie, &level, prefix, set) < 0) {
		trie->memory -= fib_part_size(FIB_NODE);
		fib_part_give(FIB_NODE, number);
		return -ENOMEM;
	}
	put(slot, (value & SLOT_ENDS) | slot_child(number, position));
	if (ends) give_later(trie, FIB_LEAF, SLOT_CHILD(value));
	return 0;
}

// The node that follows lies off the prefix's way, or beyond its end: a node before it has both.
static int split_way(struct trie *trie, trie_slot *slot, const struct prefix *prefix, uint32_t set, unsigned common)
{
	uint64_t value = get(slot);
	struct trie_node *node = fib_part_at(SLOT_CHILD(value));
	unsigned position = RTE_MIN(common, prefix->length - 1u) & ~3u;
	uint32_t number = node_new(trie, prefix, position);
	struct level level = node_level(number, position);

	if (number == 0) return -ENOMEM;
	put(slot_of(&level, node->high, node->low), slot_child(SLOT_CHILD(value), SLOT_PLACE(value)));
	if (put_fresh(trie, &level, prefix, set) < 0) {
		trie->memory -= fib_part_size(FIB_NODE);
		fib_part_give(FIB_NODE, number);
		return -ENOMEM;
	}
	put(slot, (value & SLOT_ENDS) | slot_child(number, position));
	return 0;
}

int trie_set(struct trie *trie, const struct prefix *prefix, uint32_t set)
{
	struct level level = root_level(trie);

	for (;;) {
		if (prefix->length <= level.position + level.bits) {
			cover(&level, prefix, set);
			return 0;
		}
		trie_slot *slot = slot_of(&level, prefix->high, prefix->low);
		uint64_t value = get(slot);
		if (SLOT_CHILD(value) == 0) {
			uint32_t leaf = leaf_new(trie, prefix, set);

			if (leaf == 0) return -ENOMEM;
			put(slot, (value & SLOT_ENDS) | slot_child(leaf, 0));
			return 0;
		}
		unsigned position = SLOT_PLACE(value);
		if (position == 0) {
			struct trie_leaf *leaf = fib_part_at(SLOT_CHILD(value));

			if (leaf->length != prefix->length || leaf->high != prefix->high || leaf->low != prefix->low)
				return split_leaf(trie, slot, prefix, set);
			atomic_store_explicit(&leaf->set, set, memory_order_release);
			return 0;
		}
		struct trie_node *node = fib_part_at(SLOT_CHILD(value));
		unsigned common = shared(node->high, node->low, prefix, position);
		if (common < position || prefix->length <= position) return split_way(trie, slot, prefix, set, common);
		level = node_level(SLOT_CHILD(value), position);
	}
}

// ---------------------------------------------------------------- deleting

// A node with nothing, or with one child and no prefix of its own, gives its place in the slot above to what it has.
// Returns whether the slot above has lost its child.
static bool shrink(struct trie *trie, trie_slot *above)
{
	uint64_t value = get(above), only = 0;
	const struct trie_node *node = fib_part_at(SLOT_CHILD(value));

	for (unsigned i = 0; i < 16; i++) {
		uint64_t slot = get(&node->slot[i]);

		if (SLOT_DEPTH(slot) != 0) return false;
		if (SLOT_CHILD(slot) == 0) continue;
		if (only != 0) return false;
		only = slot;
	}
	put(above, (value & SLOT_ENDS) | only);
	give_later(trie, FIB_NODE, SLOT_CHILD(value));
	return only == 0;
}

void trie_delete(struct trie *trie, const struct prefix *prefix, unsigned cover_length, uint32_t cover_set)
{
	struct level level = root_level(trie);
	trie_slot *way[MOST_DEPTH];
	unsigned depth = 0;

	for (;;) {
		trie_slot *slot = slot_of(&level, prefix->high, prefix->low);
		uint64_t value = get(slot);
		unsigned position = SLOT_PLACE(value);

		if (prefix->length <= level.position + level.bits) {
			uncover(&level, prefix, cover_length, cover_set);
			break;
		}
		if (SLOT_CHILD(value) == 0) return;
		if (position == 0) {
			put(slot, value & SLOT_ENDS);
			give_later(trie, FIB_LEAF, SLOT_CHILD(value));
			break;
		}
		way[depth++] = slot;
		level = node_level(SLOT_CHILD(value), position);
	}
	// A node above may have become one without a choice only if the one below it went altogether.
	while (depth > 0 && shrink(trie, way[--depth]))
		;
}

// ---------------------------------------------------------------- the end

static void close_slots(struct trie *trie, const trie_slot *slots, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		uint64_t value = get(&slots[i]);
		uint32_t child = SLOT_CHILD(value);

		if (child == 0) continue;
		if (SLOT_PLACE(value) != 0) close_slots(trie, ((struct trie_node *)fib_part_at(child))->slot, 16);
		give_later(trie, SLOT_PLACE(value) != 0 ? FIB_NODE : FIB_LEAF, child);
	}
}

void trie_close(struct trie *trie)
{
	if (trie->root == 0) return;
	close_slots(trie, fib_part_at(trie->root), 1u << trie->root_bits);
	fib_part_give_later(root_part(trie), trie->root);
	trie->root = 0;
}
