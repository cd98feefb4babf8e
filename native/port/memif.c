// Shared memory with another process, by DPDK's memif driver: VPP, containers, another engine.
//
// The driver unmaps the memory of a peer that is gone from within its interrupt handlers, whatever the workers do.
// Here those run on the control thread (interrupt.c), with the workers out of the driver.
#include "ethdev.h"
#include "interrupt.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "../main/buffers.h"
#include "../main/stage.h"

// How often a client tries to connect.
#define CONNECT_MS 200

struct memif {
	struct ethdev ethdev;
	bool client;
	uint64_t tried_ms;
};

static void before_interrupt(void)
{
	ethdev_park(&device_memif);
}

static void after_interrupt(void)
{
	ethdev_unpark(&device_memif);
}

// A socket that a killed engine left would refuse the next one.
static void remove_dead_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct stat file;
	int fd;

	if (stat(path, &file) < 0 || !S_ISSOCK(file.st_mode)) return;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0) return;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 && errno == ECONNREFUSED) unlink(path);
	close(fd);
}

static int memif_open(const struct device_spec *spec, struct device **out, struct device_error *error)
{
	static unsigned serial;
	struct memif *it = (struct memif *)ethdev_new(&device_memif, sizeof(*it));
	char name[32], args[384];
	int rc;

	if (it == NULL) return -ENOMEM;
	interrupt_hooks(before_interrupt, after_interrupt);
	it->client = spec->memif_client;
	it->ethdev.device.polled = true;
	if (!it->client) remove_dead_socket(spec->name);
	snprintf(name, sizeof(name), "net_memif_%u", ++serial);
	snprintf(args, sizeof(args), "role=%s,id=%u,socket=%s,socket-abstract=no,rsize=11%s%s",
		 it->client ? "client" : "server", spec->memif_id, spec->name,
		 spec->secret[0] != '\0' ? ",secret=" : "", spec->secret);
	rc = ethdev_make(&it->ethdev, name, args);
	if (rc == 0) rc = ethdev_configure(&it->ethdev, 0, 1, buffers_pool(), error);
	// A client whose server is not there yet has no link; it goes on trying.
	if (rc == 0) rc = ethdev_start(&it->ethdev);
	if (rc < 0 && !(it->client && it->ethdev.id != RTE_MAX_ETHPORTS)) {
		snprintf(error->text, sizeof(error->text), "memif %u on %s cannot be opened: %s", spec->memif_id,
			 spec->name, rc == -EEXIST ? "it is taken until this change is made" : strerror(-rc));
		ethdev_close(&it->ethdev.device);
		return rc;
	}
	*out = &it->ethdev.device;
	return 0;
}

static int memif_look(struct device *device, struct device_link *link)
{
	struct memif *it = (struct memif *)device;
	int rc = ethdev_look(device, link);

	if (rc < 0 || link->up || !it->client || control_now_ms() < it->tried_ms + CONNECT_MS) return rc;
	it->tried_ms = control_now_ms();
	ethdev_stop(&it->ethdev);
	ethdev_start(&it->ethdev);
	return 0;
}

const struct device_kind device_memif = {
	.name = "memif",
	.largest_mtu = 9216,
	.open = memif_open,
	.close = ethdev_close,
	.receive = ethdev_receive,
	.transmit = ethdev_transmit,
	.losses = ethdev_losses,
	.look = memif_look,
};
