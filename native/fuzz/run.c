// Runs a fuzz target without libFuzzer: the files given, else RUNS random inputs (default 20000) from a printed SEED.
// Inputs are random bytes, or a kept input with a few bytes changed.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "target.h"

#define LARGEST 512
#define KEPT    64

static unsigned long setting(const char *name, unsigned long otherwise)
{
	const char *value = getenv(name);

	return value != NULL ? strtoul(value, NULL, 0) : otherwise;
}

static int run_file(const char *name)
{
	static uint8_t bytes[1 << 16];
	FILE *file = fopen(name, "rb");
	size_t size;

	if (file == NULL) {
		perror(name);
		return 1;
	}
	size = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	LLVMFuzzerTestOneInput(bytes, size);
	return 0;
}

int main(int argc, char **argv)
{
	static uint8_t kept[KEPT][LARGEST];
	static size_t kept_size[KEPT];
	unsigned long runs = setting("RUNS", 20000), seed = setting("SEED", (unsigned long)time(NULL));

	for (int i = 1; i < argc; i++)
		if (run_file(argv[i]) != 0) return 1;
	if (argc > 1) return 0;
	printf("SEED=%lu RUNS=%lu\n", seed, runs);
	fflush(stdout);
	srand((unsigned)seed);
	for (unsigned long run = 0; run < runs; run++) {
		unsigned slot = (unsigned)rand() % KEPT;
		uint8_t *input;

		if (rand() % 4 == 0 || kept_size[slot] == 0) {
			kept_size[slot] = (size_t)rand() % LARGEST;
			for (size_t i = 0; i < kept_size[slot]; i++)
				kept[slot][i] = (uint8_t)(rand() % 3 == 0 ? rand() % 8 : rand());
		} else {
			for (int i = rand() % 4; i >= 0 && kept_size[slot] != 0; i--)
				kept[slot][(size_t)rand() % kept_size[slot]] = (uint8_t)rand();
		}
		// A block of exactly its size: reading behind it is seen.
		input = malloc(kept_size[slot] + 1);
		if (input == NULL) return 1;
		memcpy(input, kept[slot], kept_size[slot]);
		input = realloc(input, kept_size[slot] != 0 ? kept_size[slot] : 1);
		LLVMFuzzerTestOneInput(input, kept_size[slot]);
		free(input);
	}
	return 0;
}
