// The classifier against a matcher that tries one rule after the other; the masks against packets that are alike in
// them. SEED=number repeats a run; PACKETS=number and RULES=number make it longer.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../main/clock.h"
#include "classifier_rules.h"

static uint64_t seed;

static uint32_t number(const char *name, uint32_t otherwise)
{
	const char *text = getenv(name);

	return text != NULL ? (uint32_t)strtoul(text, NULL, 10) : otherwise;
}

static bool in_range(uint32_t key, uint32_t low, uint32_t high)
{
	return (key >> 16) >= (low >> 16) && (key >> 16) <= (high >> 16) && (key & 0xffff) >= (low & 0xffff) &&
	       (key & 0xffff) <= (high & 0xffff);
}

static uint32_t naive(unsigned words, const struct classifier_rule *rules, uint32_t count,
		      const struct classifier_key *key)
{
	for (uint32_t i = 0; i < count; i++) {
		bool match = in_range(key->word[WORD_PORTS], rules[i].value[WORD_PORTS], rules[i].mask[WORD_PORTS]) &&
			     in_range(key->word[WORD_SIZES], rules[i].value[WORD_SIZES], rules[i].mask[WORD_SIZES]);

		for (unsigned w = 0; match && w < words; w++)
			if (w != WORD_PORTS && w != WORD_SIZES)
				match = (key->word[w] & rules[i].mask[w]) == rules[i].value[w];
		if (match) return i;
	}
	return CLASSIFIER_NONE;
}

static void compare(enum ip_version version, uint32_t count, bool odd, bool open_end, uint32_t packets)
{
	struct classifier_rule *rules = calloc(count + 1, sizeof(*rules));
	struct classifier_key keys[MAX_BURST], mask, other;
	uint32_t matches[MAX_BURST], matched = 0;
	unsigned words = classifier_words(version);
	struct classifier *c;

	random_rules(&seed, version, rules, count, odd);
	c = classifier_new(version, rules, open_end && count > 0 ? count - 1 : count);
	assert_non_null(c);
	if (open_end && count > 0) count--;
	for (uint32_t done = 0; done < packets; done += MAX_BURST) {
		unsigned n = 1 + random_below(&seed, MAX_BURST);

		for (unsigned i = 0; i < n; i++)
			random_key(&seed, version, rules, count + 1, &keys[i]);
		classifier_lookup(c, keys, matches, n);
		for (unsigned i = 0; i < n; i++) {
			assert_int_equal(matches[i], naive(words, rules, count, &keys[i]));
			assert_int_equal(matches[i], classifier_explain(c, &keys[i], &mask));
			matched += matches[i] != CLASSIFIER_NONE && matches[i] + 1 < count;
			for (unsigned k = 0; k < 4; k++) {
				for (unsigned w = 0; w < words; w++)
					other.word[w] =
						(keys[i].word[w] & mask.word[w]) | (random_next(&seed) & ~mask.word[w]);
				assert_int_equal(naive(words, rules, count, &other), matches[i]);
			}
		}
	}
	// A test in which nothing matches would show nothing.
	if (count > 2) assert_true(matched > 0);
	classifier_free(c);
	free(rules);
}

static void lookup_equals_the_first_rule_that_matches(void **state)
{
	static const uint32_t counts[] = {0, 1, 2, 8, 9, 31, 33, 100, 1000};
	uint32_t packets = number("PACKETS", 1024);

	(void)state;
	for (unsigned version = 0; version < IP_VERSIONS; version++)
		for (unsigned i = 0; i < RTE_DIM(counts); i++)
			for (unsigned how = 0; how < 4; how++)
				compare((enum ip_version)version, counts[i], (how & 1) != 0, (how & 2) != 0, packets);
}

static void packets_alike_in_the_mask_have_one_verdict(void **state)
{
	(void)state;
	for (unsigned how = 0; how < 2; how++)
		compare(how == 0 ? IP_V4 : IP_V6, 60, true, false, number("MASKS", 131072));
}

static void mask_of_the_only_rule_is_the_rule(void **state)
{
	struct classifier_rule rule;
	struct classifier_key key = {0}, mask;
	struct classifier *c;

	(void)state;
	classifier_rule_any(&rule);
	rule.value[WORD_ADDRESS] = 0x0a000000;
	rule.mask[WORD_ADDRESS] = 0xff000000;
	c = classifier_new(IP_V4, &rule, 1);
	key.word[WORD_ADDRESS] = 0x0a010203;
	assert_int_equal(classifier_explain(c, &key, &mask), 0);
	assert_int_equal(mask.word[WORD_ADDRESS], 0xff000000);
	assert_int_equal(mask.word[WORD_ADDRESS + 1] | mask.word[WORD_MISC] | mask.word[WORD_PORTS], 0);
	// What differs in the third bit needs no more than three.
	key.word[WORD_ADDRESS] = 0x2a010203;
	assert_int_equal(classifier_explain(c, &key, &mask), CLASSIFIER_NONE);
	assert_int_equal(mask.word[WORD_ADDRESS], 0x20000000);
	classifier_free(c);
}

static void lookup_does_not_slow_with_the_number_of_rules(void **state)
{
	static const uint32_t counts[] = {10, 1000, 65536};
	struct classifier_rule *rules = calloc(CLASSIFIER_MAX_RULES, sizeof(*rules));
	struct classifier_key *keys = calloc(8 * MAX_BURST, sizeof(*keys));
	uint32_t matches[MAX_BURST];
	double clocks[RTE_DIM(counts)];

	(void)state;
	for (unsigned i = 0; i < RTE_DIM(counts); i++) {
		uint64_t best = UINT64_MAX, began = clock_ns(CLOCK_THREAD_CPUTIME_ID), built;
		struct classifier *c;

		random_rules(&seed, IP_V4, rules, counts[i], false);
		c = classifier_new(IP_V4, rules, counts[i]);
		built = clock_ns(CLOCK_THREAD_CPUTIME_ID) - began;
		for (unsigned k = 0; k < 8 * MAX_BURST; k++)
			random_key(&seed, IP_V4, rules, counts[i], &keys[k]);
		for (unsigned round = 0; round < 200; round++) {
			uint64_t start = rte_rdtsc();

			classifier_lookup(c, keys + (round % 8) * MAX_BURST, matches, MAX_BURST);
			start = rte_rdtsc() - start;
			if (round >= 8 && start < best) best = start;
		}
		clocks[i] = (double)best / MAX_BURST;
		printf("%u rules: %.0f clocks, built in %.2f ms, %zu kB\n", counts[i], clocks[i], (double)built / 1e6,
		       classifier_memory(c) / 1024);
		classifier_free(c);
	}
	// One after the other 65,536 rules would cost 65 times what 1,000 cost.
	assert_true(clocks[2] < 10 * clocks[1]);
	free(rules);
	free(keys);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lookup_equals_the_first_rule_that_matches),
		cmocka_unit_test(packets_alike_in_the_mask_have_one_verdict),
		cmocka_unit_test(mask_of_the_only_rule_is_the_rule),
		cmocka_unit_test(lookup_does_not_slow_with_the_number_of_rules),
	};

	seed = number("SEED", (uint32_t)clock_realtime_ns()) | 1;
	printf("SEED=%u\n", (unsigned)seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
