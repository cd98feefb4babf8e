// sluice-notify: what comes in on stdin is a sign of life. The first byte says that the process behind the pipe is
// ready, each further one that it goes on; systemd is told of both. Ends with the pipe. For Node, which has no
// datagrams on Unix sockets.
#include <errno.h>
#include <unistd.h>

#include "notify.h"

int main(void)
{
	const char *message = "READY=1";
	char signs[64];
	ssize_t got;

	while ((got = read(STDIN_FILENO, signs, sizeof(signs))) > 0 || (got < 0 && errno == EINTR)) {
		if (got < 0) continue;
		notify_send(message);
		message = "WATCHDOG=1";
	}
	return 0;
}
