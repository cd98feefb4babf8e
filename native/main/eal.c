#include "eal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_version.h>

#include "dataplane.h"
#include "log.h"

#define MAX_ARGS        24
#define HUGE_PAGE_MB    2
#define FREE_HUGE_PAGES "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages"
// How long the pages of an engine that was killed are waited for: AF_XDP gives its memory back late.
#define HUGE_PAGE_WAIT_MS 200

// Processors of --cores in order; how many, 0 if the list makes no sense.
static unsigned parse_cores(const char *list, unsigned *cores, unsigned most)
{
	unsigned count = 0;

	while (*list != '\0') {
		char *end;
		unsigned long first = strtoul(list, &end, 10), last = first;

		if (end == list) return 0;
		if (*end == '-') {
			list = end + 1;
			last = strtoul(list, &end, 10);
			if (end == list || last < first) return 0;
		}
		for (; first <= last && count < most; first++)
			cores[count++] = (unsigned)first;
		list = *end == ',' ? end + 1 : end;
		if (*end != ',' && *end != '\0') return 0;
	}
	return count;
}

// "0@(0-1),1@(0-1)": lcore 0 is the control thread, the workers follow. Those that --cores does not bind go where
// the scheduler puts them.
static int lcore_map(const struct options *options, char *map, size_t size)
{
	unsigned cores[CPU_SETSIZE], bound = 0;
	char anywhere[512];
	cpu_set_t allowed;
	size_t n = 0;

	if (sched_getaffinity(0, sizeof(allowed), &allowed) < 0) return -errno;
	for (unsigned cpu = 0; cpu < CPU_SETSIZE && n < sizeof(anywhere) - 8; cpu++)
		if (CPU_ISSET(cpu, &allowed))
			n += (size_t)snprintf(anywhere + n, sizeof(anywhere) - n, "%s%u", n ? "," : "", cpu);
	if (options->cores != NULL) {
		bound = parse_cores(options->cores, cores, CPU_SETSIZE);
		for (unsigned i = 0; i < bound; i++)
			if (cores[i] >= CPU_SETSIZE || !CPU_ISSET(cores[i], &allowed)) bound = 0;
		if (bound == 0) {
			log_error("cores-unusable", "cores=%s allowed=%s", options->cores, anywhere);
			return -EINVAL;
		}
	}
	n = (size_t)snprintf(map, size, "0@(%s)", anywhere);
	for (unsigned i = 0; i < options->workers && n < size; i++) {
		if (bound > 0)
			n += (size_t)snprintf(map + n, size - n, ",%u@%u", i + 1, cores[i % bound]);
		else
			n += (size_t)snprintf(map + n, size - n, ",%u@(%s)", i + 1, anywhere);
	}
	return n < size ? 0 : -EINVAL;
}

static unsigned free_huge_pages(void)
{
	char text[24] = "";
	int fd = open(FREE_HUGE_PAGES, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;

	if (fd >= 0) close(fd);
	return got > 0 ? (unsigned)strtoul(text, NULL, 10) : 0;
}

// Whether the memory can be had; rte_eal_init fails for good where it cannot.
static bool enough_huge_pages(unsigned memory_mb)
{
	unsigned needed = (memory_mb + HUGE_PAGE_MB - 1) / HUGE_PAGE_MB;

	for (unsigned waited_ms = 0; free_huge_pages() < needed; waited_ms += 5) {
		if (waited_ms >= HUGE_PAGE_WAIT_MS) return false;
		usleep(5000);
	}
	return true;
}

// Devices bound to a uio driver read memory by physical address; with vfio the IOMMU translates.
static bool has_uio_devices(void)
{
	static const char *const drivers[] = {"uio_pci_generic", "igb_uio"};

	for (unsigned i = 0; i < RTE_DIM(drivers); i++) {
		char path[64];
		DIR *folder;
		struct dirent *entry;
		bool found = false;

		snprintf(path, sizeof(path), "/sys/bus/pci/drivers/%s", drivers[i]);
		folder = opendir(path);
		while (folder != NULL && (entry = readdir(folder)) != NULL)
			found = found || strchr(entry->d_name, ':') != NULL;
		if (folder != NULL) closedir(folder);
		if (found) return true;
	}
	return false;
}

int eal_start(struct options *options)
{
	char map[16384], memory[16];
	const char *args[MAX_ARGS];
	int n = 0, rc = lcore_map(options, map, sizeof(map));

	if (rc < 0) return rc;
	// Forwarding on ordinary pages is slower; not forwarding is worse. The engine's state says which it is.
	if (options->huge_pages && !enough_huge_pages(options->memory_mb)) {
		log_warning("huge-pages-missing", "free=%u needed=%u using=\"ordinary pages\"", free_huge_pages(),
			    (options->memory_mb + HUGE_PAGE_MB - 1) / HUGE_PAGE_MB);
		options->huge_pages = false;
	}
	snprintf(memory, sizeof(memory), "%u", options->memory_mb);
	args[n++] = "sluice-engine";
	args[n++] = "--lcores";
	args[n++] = map;
	args[n++] = "-m";
	args[n++] = memory;
	// Nothing that costs time or leaves files: no sockets of DPDK's own, no shared configuration. Of the PCI bus
	// only what a port names: a list of devices on which none stands yet.
	args[n++] = "--allow=ffff:ff:1f.7";
	args[n++] = "--no-telemetry";
	args[n++] = options->huge_pages && has_uio_devices() ? "--iova-mode=pa" : "--iova-mode=va";
	if (options->huge_pages) {
		args[n++] = "--in-memory";
		// What a virtio-user peer maps: one file for all pages instead of one each.
		args[n++] = "--single-file-segments";
	} else {
		args[n++] = "--no-huge";
		args[n++] = "--no-shconf";
	}
	args[n++] = options->verbose ? "--log-level=7" : "--log-level=4";
	args[n] = NULL;
	// rte_eal_init may reorder what it is given.
	char *argv[MAX_ARGS];
	for (int i = 0; i <= n; i++)
		argv[i] = (char *)(uintptr_t)args[i];
	if (rte_eal_init(n, argv) < 0) {
		log_error("dpdk-not-started", "errno=%d reason=\"%s\"%s", rte_errno, rte_strerror(rte_errno),
			  options->huge_pages ? " hint=\"are there enough free huge pages? --no-huge does without\""
					      : "");
		return rte_errno > 0 ? -rte_errno : -EINVAL;
	}
	return 0;
}

void eal_stop(void)
{
	rte_eal_cleanup();
}
