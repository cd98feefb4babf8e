// vhost-user: virtual machines and containers by virtio rings in shared memory. vhost-user is the device's side, which
// listens on a socket (QEMU, virtio-user connect); virtio-user is the driver's side, which connects to one.
#include "ethdev.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../main/buffers.h"
#include "../main/stage.h"

struct virtio_user {
	struct ethdev ethdev;
	bool was_up;
};

static int open_vdev(struct ethdev *it, const struct device_spec *spec, const char *name, const char *args,
		     struct device_error *error)
{
	int rc = ethdev_make(it, name, args);

	it->device.polled = true;
	if (rc == 0)
		rc = ethdev_configure(it, it->device.kind == &device_vhost_user ? 0 : spec->mtu, 1, buffers_pool(),
				      error);
	if (rc == 0) rc = ethdev_start(it);
	if (rc < 0) {
		if (error->text[0] == '\0')
			snprintf(error->text, sizeof(error->text), "%s on %s cannot be opened: %s",
				 it->device.kind->name, spec->name, strerror(-rc));
		ethdev_close(&it->device);
	}
	return rc;
}

// Whether somebody listens on the socket, of which then nothing is wanted.
static int try_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), rc = 0;

	if (fd < 0) return -errno;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) rc = -errno;
	close(fd);
	return rc;
}

static int vhost_user_open(const struct device_spec *spec, struct device **out, struct device_error *error)
{
	static unsigned serial;
	struct ethdev *it;
	char name[32], args[192];
	int rc = try_socket(spec->name);

	if (rc == 0) {
		snprintf(error->text, sizeof(error->text), "%s is served already", spec->name);
		return -EEXIST;
	}
	// Left by an engine that was killed.
	if (rc == -ECONNREFUSED) unlink(spec->name);
	it = ethdev_new(&device_vhost_user, sizeof(*it));
	if (it == NULL) return -ENOMEM;
	snprintf(name, sizeof(name), "net_vhost%u", serial++);
	snprintf(args, sizeof(args), "iface=%s,queues=1,client=0", spec->name);
	rc = open_vdev(it, spec, name, args, error);
	if (rc == 0) *out = &it->device;
	return rc;
}

static int virtio_user_open(const struct device_spec *spec, struct device **out, struct device_error *error)
{
	static unsigned serial;
	struct virtio_user *it;
	char name[32], args[192];
	int rc = try_socket(spec->name);

	if (rc < 0) {
		snprintf(error->text, sizeof(error->text), "nobody serves %s: %s", spec->name, strerror(-rc));
		return -ENODEV;
	}
	it = (struct virtio_user *)ethdev_new(&device_virtio_user, sizeof(*it));
	if (it == NULL) return -ENOMEM;
	it->ethdev.keeps = true;
	snprintf(name, sizeof(name), "net_virtio_user%u", serial++);
	snprintf(args, sizeof(args), "path=%s,queues=1,queue_size=1024,mrg_rxbuf=1,in_order=0", spec->name);
	rc = open_vdev(&it->ethdev, spec, name, args, error);
	if (rc == 0) *out = &it->ethdev.device;
	return rc;
}

// The driver does not connect again by itself.
static int virtio_user_look(struct device *device, struct device_link *link)
{
	struct virtio_user *it = (struct virtio_user *)device;
	int rc = ethdev_look(device, link);

	if (rc < 0 || link->up) {
		it->was_up = it->was_up || link->up;
		return rc;
	}
	return it->was_up ? -ENODEV : 0;
}

const struct device_kind device_vhost_user = {
	.name = "vhost-user",
	.largest_mtu = 9216,
	.open = vhost_user_open,
	.close = ethdev_close,
	.receive = ethdev_receive,
	.transmit = ethdev_transmit,
	.losses = ethdev_losses,
	.look = ethdev_look,
};

const struct device_kind device_virtio_user = {
	.name = "virtio-user",
	.largest_mtu = 9216,
	.open = virtio_user_open,
	.close = ethdev_close,
	.receive = ethdev_receive,
	.transmit = ethdev_transmit,
	.losses = ethdev_losses,
	.look = virtio_user_look,
};
