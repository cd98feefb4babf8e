#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_version.h>

#include "dataplane.h"

#if defined(__AVX2__)
#define BUILT_FOR " for x86-64-v3"
#elif defined(__x86_64__)
#define BUILT_FOR " for x86-64-v2"
#else
#define BUILT_FOR ""
#endif

static const char usage[] =
	"sluice-engine: the packet engine of Sluice\n"
	"\n"
	"  --socket PATH     Unix socket on which clients connect (required)\n"
	"  --memory MB       packet memory, 64 to 65536 (default 256)\n"
	"  --no-huge         memory of ordinary pages instead of huge ones\n"
	"  --workers N       worker threads, 1 to 16 (default 1)\n"
	"  --cores LIST      processors of the workers, such as 1,3 or 2-5 (default: any)\n"
	"  --bench           for benchmarks: ports may receive from memory, workers run at a fixed priority\n"
	"  --pid-file PATH   write the process id there\n"
	"  --ready-fd FD     write a line there once clients can connect, and close it\n"
	"  --verbose         log more\n"
	"  --version, --help\n"
	"\n"
	"Prints 'ready SOCKET' on stdout once clients can connect. Logs on stderr. Ends on SIGTERM and SIGINT.\n";

static int wrong(const char *what, const char *value)
{
	fprintf(stderr, "sluice-engine: %s: %s (see --help)\n", what, value);
	return -1;
}

static int number(const char *text, long least, long most, long *value)
{
	char *end;

	*value = strtol(text, &end, 10);
	return end != text && *end == '\0' && *value >= least && *value <= most ? 0 : -1;
}

int options_parse(int argc, char **argv, struct options *options)
{
	enum { SOCKET = 256, MEMORY, NO_HUGE, WORKERS, CORES, BENCH, PID_FILE, READY_FD, VERBOSE, VERSION, HELP };
	static const struct option known[] = {
		{"socket", required_argument, NULL, SOCKET},
		{"memory", required_argument, NULL, MEMORY},
		{"no-huge", no_argument, NULL, NO_HUGE},
		{"workers", required_argument, NULL, WORKERS},
		{"cores", required_argument, NULL, CORES},
		{"bench", no_argument, NULL, BENCH},
		{"pid-file", required_argument, NULL, PID_FILE},
		{"ready-fd", required_argument, NULL, READY_FD},
		{"verbose", no_argument, NULL, VERBOSE},
		{"version", no_argument, NULL, VERSION},
		{"help", no_argument, NULL, HELP},
		{NULL, 0, NULL, 0},
	};
	const char *notify = getenv("NOTIFY_FD");
	long value;
	int option;

	*options = (struct options){.memory_mb = 256, .workers = 1, .ready_fd = -1, .huge_pages = true};
	if (notify != NULL && number(notify, 0, 1 << 20, &value) == 0) options->ready_fd = (int)value;
	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (option) {
		case SOCKET:
			options->socket = optarg;
			break;
		case MEMORY:
			if (number(optarg, 64, 65536, &value) < 0) return wrong("--memory is 64 to 65536", optarg);
			options->memory_mb = (unsigned)value;
			break;
		case NO_HUGE:
			options->huge_pages = false;
			break;
		case WORKERS:
			if (number(optarg, 1, MAX_WORKERS, &value) < 0) return wrong("--workers is 1 to 16", optarg);
			options->workers = (unsigned)value;
			break;
		case CORES:
			if (optarg[0] == '\0' || optarg[strspn(optarg, "0123456789,-")] != '\0')
				return wrong("--cores is a list such as 1,3 or 2-5", optarg);
			options->cores = optarg;
			break;
		case BENCH:
			options->bench = true;
			break;
		case PID_FILE:
			options->pid_file = optarg;
			break;
		case READY_FD:
			if (number(optarg, 0, 1 << 20, &value) < 0) return wrong("--ready-fd is a descriptor", optarg);
			options->ready_fd = (int)value;
			break;
		case VERBOSE:
			options->verbose = true;
			break;
		case VERSION:
			printf("sluice-engine %s%s, %s\n", ENGINE_VERSION, BUILT_FOR, rte_version());
			return 1;
		case HELP:
			fputs(usage, stdout);
			return 1;
		default:
			return wrong("command line", "an option that is not known or lacks its value");
		}
	}
	if (optind < argc) return wrong("command line", argv[optind]);
	if (options->socket == NULL) return wrong("command line", "--socket is required");
	return 0;
}
