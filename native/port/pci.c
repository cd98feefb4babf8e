// Devices on the PCI bus by DPDK's drivers: network cards and virtio. The machine binds them to vfio-pci or to a uio
// driver; the engine only opens what a port names.
#include "ethdev.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_dev.h>

#include "../main/buffers.h"

static bool takes_over(const char *driver)
{
	return strcmp(driver, "vfio-pci") == 0 || strcmp(driver, "uio_pci_generic") == 0 ||
	       strcmp(driver, "igb_uio") == 0;
}

// Why the machine does not give the device, before DPDK is asked. 0 or -ENODEV with the reason.
static int check_binding(const char *address, struct device_error *error)
{
	char path[128], link[PATH_MAX];
	const char *driver;
	ssize_t size;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", address);
	if (access(path, F_OK) < 0) {
		snprintf(error->text, sizeof(error->text), "there is no PCI device %s", address);
		return -ENODEV;
	}
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver", address);
	size = readlink(path, link, sizeof(link) - 1);
	link[size > 0 ? size : 0] = '\0';
	driver = strrchr(link, '/') != NULL ? strrchr(link, '/') + 1 : "";
	if (!takes_over(driver)) {
		snprintf(error->text, sizeof(error->text),
			 "PCI device %s is bound to %s: bind it to vfio-pci or uio_pci_generic", address,
			 driver[0] != '\0' ? driver : "no driver");
		return -ENODEV;
	}
	return 0;
}

static int pci_open(const struct device_spec *spec, struct device **out, struct device_error *error)
{
	struct ethdev *it;
	uint16_t id;
	int rc = check_binding(spec->name, error);

	if (rc < 0) return rc;
	if (rte_eth_dev_get_port_by_name(spec->name, &id) == 0) {
		snprintf(error->text, sizeof(error->text),
			 "PCI device %s is in use until this change is made; make it in two", spec->name);
		return -EEXIST;
	}
	it = ethdev_new(&device_pci, sizeof(*it));
	if (it == NULL) return -ENOMEM;
	it->keeps = true;
	rc = rte_dev_probe(spec->name);
	if (rc == 0) {
		snprintf(it->name, sizeof(it->name), "%.63s", spec->name);
		rc = ethdev_configure(it, spec->mtu, MAX_WORKERS, buffers_pool(), error);
	}
	if (rc == 0) rc = ethdev_start(it);
	if (rc < 0) {
		if (error->text[0] == '\0')
			snprintf(error->text, sizeof(error->text), "PCI device %s cannot be opened: %s", spec->name,
				 strerror(-rc));
		// DPDK gave no device to close, only its name.
		if (it->id == RTE_MAX_ETHPORTS) it->name[0] = '\0';
		ethdev_close(&it->device);
		return rc;
	}
	it->device.polled = true;
	*out = &it->device;
	return 0;
}

static int pci_look(struct device *device, struct device_link *link)
{
	link->has_address = rte_eth_macaddr_get(ethdev_of(device)->id, &link->address) == 0;
	return ethdev_look(device, link);
}

static void pci_set_mtu(struct device *device, uint16_t mtu)
{
	struct ethdev *it = ethdev_of(device);

	ethdev_stop(it);
	rte_eth_dev_set_mtu(it->id, (uint16_t)(mtu + 8));
	ethdev_start(it);
}

const struct device_kind device_pci = {
	.name = "pci",
	.largest_mtu = 9216,
	.open = pci_open,
	.close = ethdev_close,
	.receive = ethdev_receive,
	.transmit = ethdev_transmit,
	.losses = ethdev_losses,
	.look = pci_look,
	.set_mtu = pci_set_mtu,
};
