#include "server.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "../main/log.h"
#include "client.h"

#define MAX_CLIENTS 64

static struct watch listener = {.fd = -1};
static struct sockaddr_un address;

static void listener_ready(struct watch *watch, uint32_t events)
{
	unsigned count = 0;

	for (const struct client *client = clients; client != NULL; client = client->next)
		count++;
	int fd = accept4(watch->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0) return;
	if (count >= MAX_CLIENTS) {
		log_warning("client-refused", "reason=\"%u connections\"", count);
		close(fd);
		return;
	}
	client_new(fd);
}

// A socket file nobody listens behind is a leftover.
static int clear_leftover(void)
{
	struct stat file;
	int fd, rc;

	if (lstat(address.sun_path, &file) < 0) return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(file.st_mode)) return -EEXIST;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0) return -errno;
	rc = connect(fd, (struct sockaddr *)&address, sizeof(address));
	close(fd);
	if (rc == 0 || errno == EAGAIN) return -EADDRINUSE;
	return unlink(address.sun_path) < 0 && errno != ENOENT ? -errno : 0;
}

int server_start(const char *path)
{
	int rc;

	if (strlen(path) >= sizeof(address.sun_path)) return -ENAMETOOLONG;
	address.sun_family = AF_UNIX;
	strcpy(address.sun_path, path);
	rc = clear_leftover();
	if (rc < 0) return rc;
	listener.ready = listener_ready;
	listener.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (listener.fd < 0) return -errno;
	mode_t before = umask(0177);
	rc = bind(listener.fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
	umask(before);
	if (rc == 0 && listen(listener.fd, 16) < 0) rc = -errno;
	if (rc == 0) rc = loop_add(&listener, EPOLLIN);
	if (rc < 0) {
		close(listener.fd);
		listener.fd = -1;
	}
	return rc;
}

void server_stop(void)
{
	while (clients != NULL)
		client_close(clients);
	if (listener.fd < 0) return;
	loop_remove(&listener);
	close(listener.fd);
	unlink(address.sun_path);
	listener.fd = -1;
}
