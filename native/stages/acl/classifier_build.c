// Builds the decision tree. At each node the cut is chosen that leaves the fewest rules beside a packet, within a bound
// on how many copies of rules it makes; where none helps, the rules that every cut would copy go into a fork. A rule
// that nothing of a node's packets can miss ends the node's list.
// One file, although long: one recursion over one working set, struct build, which nobody else has to know.
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "classifier_tree.h"

#define MOST_BITS     10 // of a cut below the root
#define MOST_ROOT     14 // of the first cut
#define COPIES        2  // rules of all children together: at most so many times those of the node
#define FORKS         2  // below one root, one below the other
#define SPLIT_AT      32 // fewer rules stay in one tree
#define MOST_DEPTH    64
#define NO_ROOM       UINT32_MAX
#define HUGE_PAGE     ((size_t)2 << 20)
#define SMALL_V4_BITS 12 // a prefix of so many bits is "small": many such can be told apart by cuts
#define SMALL_V6_BITS 28

struct leaf_slot {
	uint32_t at;
	uint16_t count;
	uint16_t used;
	uint32_t rules;
	uint64_t hash;
};

struct build {
	enum ip_version version;
	unsigned words;
	const struct classifier_rule *rules;
	struct tree_reference *table;
	uint32_t table_count, table_room;
	uint8_t *blocks;
	uint32_t block_count, block_room;
	size_t block_size;
	struct leaf_slot *leaves; // leaves that are there already, by their rules
	uint32_t leaf_count, leaf_room;
	bool failed;
};

// What is known of a node's packets: bits of the words that were cut on the way.
struct region {
	struct classifier_key known, value;
	unsigned depth, forks;
};

struct cut {
	uint8_t word, shift, bits;
	double beside; // rules that a packet meets below, on average over the rules
	uint32_t worst;
};

static bool is_range(unsigned word)
{
	return word == WORD_PORTS || word == WORD_SIZES;
}

// ---------------------------------------------------------------- rules and regions

void classifier_rule_any(struct classifier_rule *rule)
{
	*rule = (struct classifier_rule){.mask = {[WORD_PORTS] = UINT32_MAX, [WORD_SIZES] = UINT32_MAX}};
}

// Least and greatest number of a half in a region (the bits known are leading ones).
static void half_region(const struct region *region, unsigned word, unsigned shift, uint32_t *low, uint32_t *high)
{
	uint16_t known = (uint16_t)(region->known.word[word] >> shift);

	*low = (uint16_t)(region->value.word[word] >> shift) & known;
	*high = *low | (uint16_t)~known;
}

static bool covers(const struct build *b, uint32_t rule, const struct region *region)
{
	const struct classifier_rule *r = &b->rules[rule];

	for (unsigned w = 0; w < b->words; w++) {
		if (!is_range(w)) {
			if ((r->mask[w] & ~region->known.word[w]) != 0) return false;
			continue;
		}
		for (unsigned shift = 0; shift <= 16; shift += 16) {
			uint32_t low, high;

			half_region(region, w, shift, &low, &high);
			if ((uint16_t)(r->value[w] >> shift) > low || (uint16_t)(r->mask[w] >> shift) < high)
				return false;
		}
	}
	return true;
}

// First and last child of a range under a cut; false: none.
static bool range_children(const struct build *b, uint32_t rule, const struct region *region, const struct cut *cut,
			   uint32_t *first, uint32_t *last)
{
	unsigned half = cut->shift >= 16 ? 16 : 0, shift = cut->shift - half;
	uint32_t low, high, from = (uint16_t)(b->rules[rule].value[cut->word] >> half),
			    to = (uint16_t)(b->rules[rule].mask[cut->word] >> half);

	half_region(region, cut->word, half, &low, &high);
	if (from < low) from = low;
	if (to > high) to = high;
	if (from > to) return false;
	*first = (from >> shift) & ((1u << cut->bits) - 1);
	*last = (to >> shift) & ((1u << cut->bits) - 1);
	return true;
}

// Calls `each` for the children that a rule is in; returns how many they are.
#define FOR_CHILDREN(b, rule, region, cut, child, body)                                                                \
	do {                                                                                                           \
		if (is_range((cut)->word)) {                                                                           \
			uint32_t child, last_;                                                                         \
			if (range_children(b, rule, region, cut, &child, &last_))                                      \
				for (; child <= last_; child++)                                                        \
					body;                                                                          \
		} else {                                                                                               \
			uint32_t window_ = (1u << (cut)->bits) - 1;                                                    \
			uint32_t set_ = ((b)->rules[rule].mask[(cut)->word] >> (cut)->shift) & window_;                \
			uint32_t base_ = ((b)->rules[rule].value[(cut)->word] >> (cut)->shift) & set_;                 \
			uint32_t open_ = window_ & ~set_, sub_ = open_;                                                \
			for (;; sub_ = (sub_ - 1) & open_) {                                                           \
				uint32_t child = base_ | sub_;                                                         \
				body;                                                                                  \
				if (sub_ == 0) break;                                                                  \
			}                                                                                              \
		}                                                                                                      \
	} while (0)

static uint32_t children_of(const struct build *b, uint32_t rule, const struct region *region, const struct cut *cut)
{
	uint32_t first, last, window = (1u << cut->bits) - 1;

	if (is_range(cut->word)) return range_children(b, rule, region, cut, &first, &last) ? last - first + 1 : 0;
	return 1u << __builtin_popcount(~(b->rules[rule].mask[cut->word] >> cut->shift) & window);
}

// ---------------------------------------------------------------- leaves

static bool grow(void *place, uint32_t *room, uint32_t wanted, size_t size)
{
	void *old, *new;
	uint32_t more = *room != 0 ? *room : 1024;

	if (wanted <= *room) return true;
	while (more < wanted)
		more *= 2;
	memcpy(&old, place, sizeof(old));
	new = realloc(old, more * size);
	if (new == NULL) return false;
	memcpy(place, &new, sizeof(new));
	*room = more;
	return true;
}

static void fill_block(struct build *b, uint32_t block, const uint32_t *rules, uint32_t count)
{
	struct block_word *words = (struct block_word *)(b->blocks + block * b->block_size);
	struct block_places *places = (struct block_places *)(words + b->words);

	memset(words, 0, b->block_size);
	for (unsigned lane = 0; lane < BLOCK_RULES; lane++) {
		places->place[lane] = lane < count ? rules[lane] : CLASSIFIER_NONE;
		// No bit counts, and yet one should be set: matches nothing.
		words[WORD_MISC].value[lane] = 1;
		for (unsigned w = 0; lane < count && w < b->words; w++) {
			words[w].value[lane] = b->rules[rules[lane]].value[w];
			words[w].mask[lane] = b->rules[rules[lane]].mask[w];
		}
	}
}

static bool leaves_grow(struct build *b)
{
	uint32_t room = b->leaf_room != 0 ? b->leaf_room * 2 : 1024;
	struct leaf_slot *slots = calloc(room, sizeof(*slots));

	if (slots == NULL) return false;
	for (uint32_t i = 0; i < b->leaf_room; i++) {
		uint32_t at = (uint32_t)b->leaves[i].hash & (room - 1);

		if (b->leaves[i].used == 0) continue;
		while (slots[at].used != 0)
			at = (at + 1) & (room - 1);
		slots[at] = b->leaves[i];
	}
	free(b->leaves);
	b->leaves = slots;
	b->leaf_room = room;
	return true;
}

static bool leaf_is(const struct build *b, const struct leaf_slot *slot, const uint32_t *rules, uint32_t count)
{
	if (slot->rules != count) return false;
	for (uint32_t i = 0; i < count; i++) {
		const uint8_t *block = b->blocks + (slot->at + i / BLOCK_RULES) * b->block_size;
		const struct block_places *places =
			(const struct block_places *)((const struct block_word *)block + b->words);

		if (places->place[i % BLOCK_RULES] != rules[i]) return false;
	}
	return true;
}

static struct tree_reference leaf(struct build *b, const uint32_t *rules, uint32_t count)
{
	struct tree_reference r = {.kind_shift = TREE_LEAF << 6};
	uint32_t blocks = (count + BLOCK_RULES - 1) / BLOCK_RULES, slot;
	uint64_t hash = count;

	if (count == 0) return r;
	if (b->leaf_count * 2 >= b->leaf_room && !leaves_grow(b)) goto failed;
	for (uint32_t i = 0; i < count; i++)
		hash = (hash ^ rules[i]) * UINT64_C(0x9e3779b97f4a7c15), hash ^= hash >> 29;
	for (slot = (uint32_t)hash & (b->leaf_room - 1); b->leaves[slot].used != 0;
	     slot = (slot + 1) & (b->leaf_room - 1))
		if (b->leaves[slot].hash == hash && leaf_is(b, &b->leaves[slot], rules, count)) {
			r.at = b->leaves[slot].at;
			r.count = b->leaves[slot].count;
			return r;
		}
	if (!grow(&b->blocks, &b->block_room, b->block_count + blocks, b->block_size)) goto failed;
	r.at = b->block_count;
	r.count = (uint16_t)blocks;
	b->block_count += blocks;
	for (uint32_t i = 0; i < blocks; i++)
		fill_block(b, r.at + i, rules + i * BLOCK_RULES, RTE_MIN(count - i * BLOCK_RULES, BLOCK_RULES));
	b->leaves[slot] = (struct leaf_slot){.at = r.at, .count = r.count, .used = 1, .rules = count, .hash = hash};
	b->leaf_count++;
	return r;
failed:
	b->failed = true;
	return r;
}

static uint32_t table_take(struct build *b, uint32_t count)
{
	uint32_t at = b->table_count;

	if (!grow(&b->table, &b->table_room, at + count, sizeof(*b->table))) {
		b->failed = true;
		return NO_ROOM;
	}
	b->table_count += count;
	return at;
}

// ---------------------------------------------------------------- choice of a cut

// The window of bits below `top` that makes no more than COPIES times the rules.
static void widen(const struct build *b, const uint32_t *rules, uint32_t count, const struct region *region,
		  unsigned lowest, struct cut *cut)
{
	unsigned top = cut->shift + 1u, most = region->depth == 0 ? MOST_ROOT : MOST_BITS;

	cut->bits = 0;
	for (unsigned bits = 1; bits <= most && bits <= top - lowest && 1u << bits <= 4 * count; bits++) {
		struct cut wider = {.word = cut->word, .shift = (uint8_t)(top - bits), .bits = (uint8_t)bits};
		uint64_t copies = 0, bound = (uint64_t)COPIES * count;

		for (uint32_t i = 0; i < count && copies <= bound; i++)
			copies += children_of(b, rules[i], region, &wider);
		if (copies > bound) break;
		*cut = wider;
	}
}

static void judge(const struct build *b, const uint32_t *rules, uint32_t count, const struct region *region,
		  uint32_t *load, struct cut *cut)
{
	uint64_t squares = 0, sum = 0;

	memset(load, 0, sizeof(*load) << cut->bits);
	for (uint32_t i = 0; i < count; i++)
		FOR_CHILDREN(b, rules[i], region, cut, child, load[child]++);
	cut->worst = 0;
	for (uint32_t c = 0; c < 1u << cut->bits; c++) {
		squares += (uint64_t)load[c] * load[c];
		sum += load[c];
		if (load[c] > cut->worst) cut->worst = load[c];
	}
	cut->beside = sum != 0 ? (double)squares / (double)sum : 0;
}

// Highest bit of a word that tells rules apart and was not looked at; -1: none. *lowest: where a window from there
// ends.
static int useful_bit(const struct build *b, const uint32_t *rules, uint32_t count, const struct region *region,
		      unsigned word, unsigned *lowest)
{
	uint32_t any = 0, all = UINT32_MAX, ones = 0, zeros = 0, useful;

	for (uint32_t i = 0; i < count; i++) {
		const struct classifier_rule *r = &b->rules[rules[i]];

		any |= r->mask[word];
		all &= r->mask[word];
		ones |= r->value[word];
		zeros |= r->mask[word] & ~r->value[word];
	}
	useful = ((any & ~all) | (ones & zeros)) & ~region->known.word[word];
	if (useful == 0) return -1;
	*lowest = (unsigned)__builtin_ctz(useful);
	for (unsigned bit = *lowest; bit < 31u - (unsigned)__builtin_clz(useful); bit++)
		if ((region->known.word[word] >> bit & 1) != 0) *lowest = bit + 1;
	return 31 - __builtin_clz(useful);
}

static void consider(const struct build *b, const uint32_t *rules, uint32_t count, const struct region *region,
		     uint32_t *load, struct cut candidate, unsigned lowest, struct cut *best)
{
	widen(b, rules, count, region, lowest, &candidate);
	if (candidate.bits == 0) return;
	judge(b, rules, count, region, load, &candidate);
	if (best->bits == 0 || candidate.beside < best->beside) *best = candidate;
}

// Bits 0: none.
static struct cut choose(const struct build *b, const uint32_t *rules, uint32_t count, const struct region *region,
			 uint32_t *load)
{
	struct cut best = {.bits = 0};

	for (unsigned w = 0; w < b->words; w++) {
		unsigned lowest;
		int top;

		if (is_range(w)) {
			for (unsigned half = 0; half <= 16; half += 16) {
				uint16_t known = (uint16_t)(region->known.word[w] >> half);

				if (known == UINT16_MAX) continue;
				top = known == 0 ? 15 : __builtin_ctz(known) - 1;
				consider(b, rules, count, region, load,
					 (struct cut){.word = (uint8_t)w, .shift = (uint8_t)(half + (unsigned)top)},
					 half, &best);
			}
			continue;
		}
		top = useful_bit(b, rules, count, region, w, &lowest);
		if (top >= 0)
			consider(b, rules, count, region, load, (struct cut){.word = (uint8_t)w, .shift = (uint8_t)top},
				 lowest, &best);
	}
	return best;
}

// ---------------------------------------------------------------- the tree

static struct tree_reference node(struct build *b, uint32_t *rules, uint32_t count, const struct region *region);

static struct tree_reference cut_node(struct build *b, const uint32_t *rules, uint32_t count,
				      const struct region *region, const struct cut *cut, uint32_t *load)
{
	struct tree_reference r = {
		.word = cut->word, .count = cut->bits, .kind_shift = (uint8_t)(TREE_CUT << 6 | cut->shift)};
	uint32_t children = 1u << cut->bits, total = 0, *start, *list, before = 0, before_count = NO_ROOM;
	struct tree_reference same = {0};

	r.at = table_take(b, children);
	judge(b, rules, count, region, load, &(struct cut){.word = cut->word, .shift = cut->shift, .bits = cut->bits});
	start = malloc((children + 1) * sizeof(*start));
	for (uint32_t c = 0; c < children; c++)
		total += load[c];
	list = malloc((total + 1) * sizeof(*list));
	if (r.at == NO_ROOM || start == NULL || list == NULL) {
		b->failed = true;
		goto out;
	}
	start[0] = 0;
	for (uint32_t c = 0; c < children; c++)
		start[c + 1] = start[c] + load[c];
	memset(load, 0, children * sizeof(*load));
	for (uint32_t i = 0; i < count; i++)
		FOR_CHILDREN(b, rules[i], region, cut, child, list[start[child] + load[child]++] = rules[i]);
	for (uint32_t c = 0; c < children && !b->failed; c++) {
		struct region below = *region;
		uint32_t n = start[c + 1] - start[c];
		// The same rules as in the child before make the same tree, but for what a range covers of it.
		bool alike = n == before_count && !is_range(cut->word) &&
			     memcmp(list + before, list + start[c], n * sizeof(*list)) == 0;

		below.depth++;
		below.known.word[cut->word] |= (children - 1) << cut->shift;
		below.value.word[cut->word] |= c << cut->shift;
		if (!alike) same = node(b, list + start[c], n, &below);
		if (b->failed) break;
		b->table[r.at + c] = same;
		before = start[c];
		before_count = n;
	}
out:
	free(start);
	free(list);
	return r;
}

// Whether a rule leaves open what most others tell apart: all of a word (or half) that is no range of its own.
static bool leaves_open(const struct build *b, uint32_t rule, unsigned field)
{
	const struct classifier_rule *r = &b->rules[rule];
	unsigned side = classifier_address_words(b->version), w = WORD_ADDRESS;

	switch (field) {
	case 0: // source
	case 1: // destination
		w += field * side;
		return __builtin_popcount(r->mask[w]) < (b->version == IP_V4 ? SMALL_V4_BITS : SMALL_V6_BITS);
	case 2:
		return r->value[WORD_PORTS] >> 16 == 0 && r->mask[WORD_PORTS] >> 16 == UINT16_MAX;
	case 3:
		return (uint16_t)r->value[WORD_PORTS] == 0 && (uint16_t)r->mask[WORD_PORTS] == UINT16_MAX;
	default:
		return (r->mask[WORD_MISC] & 0xff000000) == 0;
	}
}

// Rules that leave a field open, and the others, each as a tree; false: no field parts them well.
static bool fork_node(struct build *b, const uint32_t *rules, uint32_t count, const struct region *region,
		      struct tree_reference *out)
{
	uint32_t best = 0, open = 0, closed = 0, *parts;
	struct region below = *region;
	struct tree_reference first, second;
	unsigned field = 0;

	if (region->forks >= FORKS) return false;
	for (unsigned f = 0; f < 5; f++) {
		uint32_t n = 0, score;

		for (uint32_t i = 0; i < count; i++)
			n += leaves_open(b, rules[i], f);
		score = RTE_MIN(n, count - n);
		if (score <= best) continue;
		best = score;
		field = f;
	}
	if (best < count / 4) return false;
	parts = malloc(2 * count * sizeof(*parts));
	if (parts == NULL) {
		b->failed = true;
		return false;
	}
	for (uint32_t i = 0; i < count; i++)
		if (leaves_open(b, rules[i], field))
			parts[count + open++] = rules[i];
		else
			parts[closed++] = rules[i];
	below.forks++;
	below.depth++;
	first = node(b, parts, closed, &below);
	second = node(b, parts + count, open, &below);
	free(parts);
	out->at = table_take(b, 2);
	out->kind_shift = TREE_FORK << 6;
	if (b->failed) return true;
	b->table[out->at] = first;
	b->table[out->at + 1] = second;
	return true;
}

static struct tree_reference node(struct build *b, uint32_t *rules, uint32_t count, const struct region *region)
{
	struct tree_reference r = {0};
	struct cut cut;
	uint32_t *load;

	if (b->failed) return r;
	for (uint32_t i = 0; i < count; i++)
		if (covers(b, rules[i], region)) count = i + 1;
	if (count <= BLOCK_RULES || region->depth >= MOST_DEPTH) return leaf(b, rules, count);
	load = malloc(sizeof(*load) << MOST_ROOT);
	if (load == NULL) {
		b->failed = true;
		return r;
	}
	cut = choose(b, rules, count, region, load);
	if (cut.bits != 0 && (cut.beside <= 0.7 * count || (count <= 4 * BLOCK_RULES && cut.worst < count)))
		r = cut_node(b, rules, count, region, &cut, load);
	else if (count <= 4 * BLOCK_RULES || !fork_node(b, rules, count, region, &r))
		r = cut.bits != 0 && cut.worst < count ? cut_node(b, rules, count, region, &cut, load)
						       : leaf(b, rules, count);
	free(load);
	return r;
}

// ---------------------------------------------------------------- the whole

static bool roots(struct build *b, struct classifier *c, uint32_t count)
{
	uint32_t *parts[TREE_ROOTS] = {NULL}, counts[TREE_ROOTS] = {0};
	struct region region = {.depth = 0};
	bool split = count > SPLIT_AT;

	for (unsigned p = 0; p < TREE_ROOTS; p++)
		if ((parts[p] = malloc((count + 1) * sizeof(**parts))) == NULL) b->failed = true;
	for (uint32_t i = 0; i < count && !b->failed; i++) {
		unsigned p = split ? leaves_open(b, i, 0) * 2u + leaves_open(b, i, 1) : 0;

		parts[p][counts[p]++] = i;
	}
	for (;;) {
		unsigned next = TREE_ROOTS;

		for (unsigned p = 0; p < TREE_ROOTS; p++)
			if (counts[p] > 0 && (next == TREE_ROOTS || parts[p][0] < parts[next][0])) next = p;
		if (next == TREE_ROOTS || b->failed) break;
		c->root[c->roots].first = parts[next][0];
		c->root[c->roots++].reference = node(b, parts[next], counts[next], &region);
		counts[next] = 0;
	}
	for (unsigned p = 0; p < TREE_ROOTS; p++)
		free(parts[p]);
	return !b->failed;
}

// Table and blocks in one area, on huge pages where it is large.
static bool settle(struct build *b, struct classifier *c)
{
	size_t table = RTE_ALIGN_CEIL(b->table_count * sizeof(*b->table), (size_t)RTE_CACHE_LINE_SIZE);
	size_t blocks = b->block_count * b->block_size;
	size_t size = RTE_MAX(table + blocks, (size_t)RTE_CACHE_LINE_SIZE);
	size_t alignment = size >= HUGE_PAGE ? HUGE_PAGE : RTE_CACHE_LINE_SIZE;

	size = RTE_ALIGN_CEIL(size, alignment);
	c->area = aligned_alloc(alignment, size);
	if (c->area == NULL) return false;
	if (alignment == HUGE_PAGE) madvise(c->area, size, MADV_HUGEPAGE);
	if (b->table_count > 0) memcpy(c->area, b->table, b->table_count * sizeof(*b->table));
	if (blocks > 0) memcpy((uint8_t *)c->area + table, b->blocks, blocks);
	c->table = c->area;
	c->blocks = (const uint8_t *)c->area + table;
	c->block_size = b->block_size;
	c->memory = size + sizeof(*c);
	return true;
}

struct classifier *classifier_new(enum ip_version version, const struct classifier_rule *rules, uint32_t count)
{
	struct build b = {.version = version,
			  .words = classifier_words(version),
			  .rules = rules,
			  .block_size = block_size(classifier_words(version))};
	struct classifier *c = calloc(1, sizeof(*c));
	bool done;

	if (c == NULL) return NULL;
	c->words = (uint8_t)b.words;
	done = roots(&b, c, count) && settle(&b, c);
	free(b.table);
	free(b.blocks);
	free(b.leaves);
	if (done) return c;
	classifier_free(c);
	return NULL;
}

void classifier_free(struct classifier *c)
{
	if (c == NULL) return;
	free(c->area);
	free(c);
}

size_t classifier_memory(const struct classifier *c)
{
	return c->memory;
}
