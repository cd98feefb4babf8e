// Messages to systemd, as sd_notify(3) sends them, without its library.
#ifndef SLUICE_MAIN_NOTIFY_H
#define SLUICE_MAIN_NOTIFY_H

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

// Sends a message, such as "READY=1", to $NOTIFY_SOCKET. 0, also where there is none, or -errno.
static inline int notify_send(const char *message)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t length = path != NULL ? strlen(path) : 0;
	ssize_t sent;
	int fd;

	if (length == 0) return 0;
	if (length >= sizeof(address.sun_path)) return -ENAMETOOLONG;
	memcpy(address.sun_path, path, length);
	if (path[0] == '@') address.sun_path[0] = '\0'; // the abstract namespace, unix(7)
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0) return -errno;
	sent = sendto(fd, message, strlen(message), MSG_NOSIGNAL | MSG_DONTWAIT, (struct sockaddr *)&address,
		      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
	close(fd);
	return sent < 0 ? -errno : 0;
}

#endif
