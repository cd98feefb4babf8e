// sluice-engine: becomes the engine that was built for this processor, sluice-engine-v3 or sluice-engine-v2 beside it.
// The process stays the same: its id, descriptors and signals are the engine's.
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cpu.h"

int main(int argc, char **argv)
{
	char path[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - sizeof("-v3"));

	(void)argc;
	if (length < 0) {
		fprintf(stderr, "sluice-engine: where it is cannot be read from /proc: %s\n", strerror(errno));
		return 1;
	}
	strcpy(path + length, cpu_level() >= 3 ? "-v3" : "-v2");
	execv(path, argv);
	fprintf(stderr, "sluice-engine: %s: %s\n", path, strerror(errno));
	return 1;
}
