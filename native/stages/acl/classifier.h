// Finds the first rule of a list that a packet matches, by a decision tree over the bits of the header.
//
//   key (words)          table: references                  blocks: eight rules each
//   misc   ports  sizes   ┌ cut: these bits of this word ─┐   value[w][8], mask[w][8] of each word,
//   source …              │ → one of 2^n references below │   then the eight rules' places in the list
//   destination …         │ leaf: first block, how many   │
//                         └ fork: both references count ──┘
//
// A rule whose mask leaves cut bits open is below each reference that it can match; the rules that would be below too
// many go to a tree of their own (root, fork). Which bits a lookup has looked at is the path it took: from that follows
// the mask for the flow cache.
//
// The tree is made at once by the control thread and never written again.
#ifndef SLUICE_ACL_CLASSIFIER_H
#define SLUICE_ACL_CLASSIFIER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../main/dataplane.h"

#define CLASSIFIER_NONE      UINT32_MAX
#define CLASSIFIER_MAX_RULES 65536

// Words of a key and of a rule, host order. Ports and sizes are two ranges each: `value` has the two lowest, `mask` the
// two highest numbers that match. In the other words the bits of `mask` must be those of `value`.
enum {
	WORD_MISC,    // protocol << 24 | TCP flags << 16 | DSCP << 8 | CLASS_*
	WORD_PORTS,   // source port or ICMP type << 16 | destination port or ICMP code
	WORD_SIZES,   // length << 16 | TTL or hop limit
	WORD_ADDRESS, // source, then destination: one word each for IPv4, four for IPv6
	CLASSIFIER_WORDS = WORD_ADDRESS + 8,
};

#define CLASS_PORTS    0x01 // ports are there
#define CLASS_ICMP     0x02 // ICMP type and code are there
#define CLASS_TCP      0x04 // TCP flags are there
#define CLASS_FRAGMENT 0x08 // a fragment that is not the first

struct classifier_key {
	uint32_t word[CLASSIFIER_WORDS];
};

struct classifier_rule {
	uint32_t value[CLASSIFIER_WORDS], mask[CLASSIFIER_WORDS];
};

static inline unsigned classifier_address_words(enum ip_version version)
{
	return version == IP_V4 ? 1 : 4;
}

static inline unsigned classifier_words(enum ip_version version)
{
	return WORD_ADDRESS + 2 * classifier_address_words(version);
}

// A rule that every packet matches.
void classifier_rule_any(struct classifier_rule *rule);

struct classifier;

// The tree of a list of rules, first match wins. The rules are copied. NULL: no memory.
struct classifier *classifier_new(enum ip_version version, const struct classifier_rule *rules, uint32_t count);
void classifier_free(struct classifier *classifier);
// Bytes.
size_t classifier_memory(const struct classifier *classifier);

// Worker. Places in the list of the rules that match, or CLASSIFIER_NONE; n at most MAX_BURST.
void classifier_lookup(const struct classifier *classifier, const struct classifier_key *keys, uint32_t *matches,
		       unsigned n);

// Worker. The same for one key, and in mask the bits that decided it: each key that is alike in them has the same
// answer. For ports and sizes these are the leading bits of each half.
uint32_t classifier_explain(const struct classifier *classifier, const struct classifier_key *key,
			    struct classifier_key *mask);

#endif
