// The command line.
#ifndef SLUICE_MAIN_OPTIONS_H
#define SLUICE_MAIN_OPTIONS_H

#include <stdbool.h>

struct options {
	const char *socket;   // where clients connect
	const char *pid_file; // NULL: none
	const char *cores;    // "0-1" or "1,3": where the workers run, in turn; NULL: anywhere
	unsigned memory_mb;
	unsigned workers;
	int ready_fd; // -1: none
	bool huge_pages;
	bool bench;   // ports may receive from memory, workers run at a fixed priority
	bool verbose; // DPDK's own log, and debug lines
};

// 0: options are set; 1: help or version was asked for and printed; -1: wrong, with a message on stderr.
int options_parse(int argc, char **argv, struct options *options);

#endif
