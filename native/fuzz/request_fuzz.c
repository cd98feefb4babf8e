// Any bytes on the socket of a client that has said hello: the engine neither ends nor leaks nor hangs, and what is
// committed is consistent (the connection's objects can all be deleted after).
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../api/client.h"
#include "../testing/control.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	control_start();
	return 0;
}

// What the engine answers is read and thrown away.
static void drain(int fd)
{
	static uint8_t nowhere[1 << 16];

	loop_round(0);
	while (recv(fd, nowhere, sizeof(nowhere), MSG_DONTWAIT) > 0)
		loop_round(0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t hello[] = {0, 0, 0, 11, 0x08, 1, 0x12, 7, 0x08, 1, 0x12, 3, 'f', 'u', 'z'};
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) < 0) return 0;
	client_new(pair[1]);
	ssize_t sent = send(pair[0], hello, sizeof(hello), MSG_NOSIGNAL);
	drain(pair[0]);
	for (size_t at = 0; at < size; at += (size_t)sent) {
		sent = send(pair[0], data + at, size - at, MSG_NOSIGNAL | MSG_DONTWAIT);
		// The engine has closed.
		if (sent <= 0) break;
		drain(pair[0]);
	}
	close(pair[0]);
	for (int i = 0; clients != NULL && i < 100; i++)
		loop_round(0);
	assert(clients == NULL);
	objects_delete_all();
	for (const struct owner *owner = store_owners(); owner != NULL; owner = owner->next)
		assert(owner->objects == NULL);
	return 0;
}
