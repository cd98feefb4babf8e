// sluice-engine: starts DPDK, the stages, the workers and the socket; then the control thread's loop.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "../api/build.h"
#include "../api/server.h"
#include "../api/state.h"
#include "../api/transaction.h"
#include "../port/port_io.h"
#include "buffers.h"
#include "clock.h"
#include "eal.h"
#include "generation.h"
#include "log.h"
#include "loop.h"
#include "options.h"
#include "priority.h"
#include "stages.h"
#include "supervise.h"
#include "worker.h"

static bool ending;

static void on_signal(struct watch *watch, uint32_t events)
{
	struct signalfd_siginfo info;

	if (read(watch->fd, &info, sizeof(info)) == sizeof(info)) {
		log_info("ending", "signal=%u", info.ssi_signo);
		ending = true;
	}
}

static void on_wake(struct watch *watch, uint32_t events)
{
	control_wake_drain();
	ports_poll();
	stages_poll();
}

// Signals come through the loop, on the control thread; the other threads inherit the mask.
static int watch_signals(struct watch *watch)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	watch->ready = on_signal;
	watch->fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return watch->fd < 0 ? -errno : loop_add(watch, EPOLLIN);
}

// Ports take descriptors, and the AF_XDP driver's libraries leave two open for each device that comes and goes.
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static int identify(void)
{
	engine_identity.started_at_seconds = clock_realtime_ns() / 1000000000u;
	engine_identity.started_ms = clock_monotonic_ms();
	ssize_t got = getrandom(&engine_identity.instance, sizeof(engine_identity.instance), 0);
	return got == sizeof(engine_identity.instance) ? 0 : -EIO;
}

static int write_pid_file(const char *path)
{
	char text[16];
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	int n = snprintf(text, sizeof(text), "%d\n", (int)getpid());

	if (fd < 0 || write(fd, text, (size_t)n) != n) {
		log_error("pid-file-not-written", "path=%s reason=\"%s\"", path, strerror(errno));
		if (fd >= 0) close(fd);
		return -EIO;
	}
	close(fd);
	return 0;
}

static void say_ready(const struct options *options, uint64_t started_ms)
{
	printf("ready %s\n", options->socket);
	fflush(stdout);
	if (options->ready_fd >= 0) {
		ssize_t written = write(options->ready_fd, "ready\n", 6);

		(void)written;
		close(options->ready_fd);
	}
	log_info("ready", "socket=%s workers=%u memory_mb=%u huge_pages=%s start_ms=%u", options->socket,
		 options->workers, options->memory_mb, options->huge_pages ? "yes" : "no",
		 (unsigned)(clock_monotonic_ms() - started_ms));
}

// Each step with its name, so that a failure says where; stopping runs backwards from the last that succeeded.
static struct watch signals = {.fd = -1}, wake = {.fd = -1};
static struct options *given;

static int step_eal(void)
{
	int rc = eal_start(given);

	engine_identity.huge_pages = given->huge_pages;
	engine_identity.bench = given->bench;
	return rc;
}

static int step_buffers(void)
{
	return buffers_start(given->memory_mb);
}

static int step_workers(void)
{
	return workers_start(given->workers);
}

static int step_signals(void)
{
	return watch_signals(&signals);
}

static int step_wake(void)
{
	wake = (struct watch){.fd = control_wake_fd(), .ready = on_wake};
	return loop_add(&wake, EPOLLIN);
}

static int step_build(void)
{
	build_start();
	return 0;
}

static int step_graph(void)
{
	return workers_run(given->bench);
}

static int step_listen(void)
{
	int rc = server_start(given->socket);

	if (rc < 0)
		log_error("socket-not-opened", "path=%s reason=\"%s\"", given->socket,
			  rc == -EADDRINUSE ? "another engine answers there" : strerror(-rc));
	return rc;
}

static void stop_signals(void)
{
	close(signals.fd);
}

// Objects of all owners go as in a last transaction: devices closed, tables freed.
static void stop_objects(void)
{
	server_stop();
	objects_delete_all();
}

static const struct step {
	const char *name;
	int (*start)(void);
	void (*stop)(void);
} steps[] = {
	{"loop", loop_start, loop_stop},
	{"signals", step_signals, stop_signals},
	{"dpdk", step_eal, eal_stop},
	{"buffers", step_buffers, NULL},
	{"store", store_start, store_stop},
	{"ids", step_build, build_stop},
	{"dataplane", dataplane_start, dataplane_stop},
	{"workers", step_workers, NULL},
	{"wake-up", step_wake, NULL},
	{"ports", ports_start, ports_stop},
	{"stages", stages_start, stages_stop},
	{"graph", step_graph, workers_stop},
	{"socket", step_listen, stop_objects},
};

int main(int argc, char **argv)
{
	struct options options;
	uint64_t started_ms = clock_monotonic_ms();
	unsigned done = 0;
	int rc = options_parse(argc, argv, &options);

	if (rc != 0) return rc < 0 ? 2 : 0;
	given = &options;
	log_set_level(options.verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
	raise_descriptor_limit();
	rc = identify();
	for (; rc >= 0 && done < RTE_DIM(steps); done++) {
		rc = steps[done].start();
		if (rc < 0) {
			log_error("not-started", "step=%s reason=\"%s\"", steps[done].name, strerror(-rc));
			break;
		}
	}
	if (rc >= 0 && options.pid_file != NULL) rc = write_pid_file(options.pid_file);
	if (rc >= 0) {
		say_ready(&options, started_ms);
		supervise_start();
		// Not before: a start is long work that waits for nobody.
		priority_before_others("control");
		while (!ending)
			loop_round(-1);
	}
	while (done > 0)
		if (steps[--done].stop != NULL) steps[done].stop();
	if (rc >= 0 && options.pid_file != NULL) unlink(options.pid_file);
	return rc < 0 ? 1 : 0;
}
