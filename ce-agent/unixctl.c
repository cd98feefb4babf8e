#include "unixctl.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define WAIT_SECONDS 5
#define LONGEST_CALL 1024
// 100,000 addresses take 5 MB.
#define LONGEST_ANSWER (64u << 20)

static int path_of(const char *target, char *path, size_t size)
{
	const char *folder = getenv("OVS_RUNDIR") != NULL ? getenv("OVS_RUNDIR") : "/var/run/openvswitch";
	FILE *file;
	int pid;

	if (strchr(target, '/') != NULL) return (size_t)snprintf(path, size, "%s", target) < size ? 0 : -ENAMETOOLONG;
	if ((size_t)snprintf(path, size, "%s/%s.pid", folder, target) >= size) return -ENAMETOOLONG;
	file = fopen(path, "r");
	if (file == NULL) return -errno;
	if (fscanf(file, "%d", &pid) != 1) pid = 0;
	fclose(file);
	if (pid <= 0) return -ESRCH;
	return (size_t)snprintf(path, size, "%s/%s.%d.ctl", folder, target, pid) < size ? 0 : -ENAMETOOLONG;
}

int unixctl_open(const char *target)
{
	struct timeval wait = {.tv_sec = WAIT_SECONDS};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int rc = path_of(target, address.sun_path, sizeof(address.sun_path)), fd;

	if (rc != 0) return rc;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0) return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) == 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) == 0 &&
	    connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	rc = -errno;
	close(fd);
	return rc;
}

// ---------------------------------------------------------------- answers

// Behind the string that begins at `at`; NULL: it does not end.
static const char *skip_string(const char *at, const char *end)
{
	for (at++; at < end; at++) {
		if (*at == '"') return at + 1;
		if (*at == '\\') at++;
	}
	return NULL;
}

// Behind the value that begins at `at`; NULL: it does not end.
static const char *skip_value(const char *at, const char *end)
{
	unsigned depth = 0;

	while (at != NULL && at < end) {
		if (*at == '"') {
			at = skip_string(at, end);
			if (depth == 0) return at;
			continue;
		}
		if (*at == '{' || *at == '[') depth++;
		if ((*at == ',' || *at == '}' || *at == ']') && depth == 0) return at;
		if ((*at == '}' || *at == ']') && --depth == 0) return at + 1;
		at++;
	}
	return NULL;
}

size_t unixctl_length(const char *text, size_t size)
{
	const char *end = size != 0 && *text == '{' ? skip_value(text, text + size) : NULL;

	return end != NULL ? (size_t)(end - text) : 0;
}

// Takes the escapes off a string, in place; what is not ASCII becomes "?".
static char *plain(char *string)
{
	char *from = string + 1, *to = string;

	for (; *from != '"'; from++) {
		if (*from != '\\') {
			*to++ = *from;
			continue;
		}
		switch (*++from) {
		case 'n':
			*to++ = '\n';
			break;
		case 't':
			*to++ = '\t';
			break;
		case 'r':
			*to++ = '\r';
			break;
		case 'b':
		case 'f':
			*to++ = ' ';
			break;
		case 'u':
			*to++ = '?';
			for (unsigned i = 0; i < 4 && from[1] != '"'; i++)
				from++;
			break;
		default:
			*to++ = *from;
		}
	}
	*to = '\0';
	return string;
}

int unixctl_result(char *answer, size_t size, char **printed)
{
	static char nothing[] = "";
	const char *end = answer + size;
	char *at = answer + 1, *result = nothing;
	bool refused = false, answered = false;

	while (at < end && *at != '}') {
		char *key = at, *value;
		const char *behind = *key == '"' ? skip_string(key, end) : NULL;

		if (behind == NULL || behind >= end || *behind != ':') return -EPROTO;
		value = answer + (behind - answer) + 1;
		behind = skip_value(value, end);
		if (behind == NULL) return -EPROTO;
		if (strncmp(key, "\"error\":", 8) == 0) refused = strncmp(value, "null", 4) != 0;
		if (strncmp(key, "\"result\":", 9) == 0) {
			answered = true;
			if (*value == '"') result = value;
		}
		at = answer + (behind - answer) + (behind < end && *behind == ',');
	}
	if (refused) return -EPERM;
	if (!answered) return -EPROTO;
	*printed = result == nothing ? nothing : plain(result);
	return 0;
}

// ---------------------------------------------------------------- calls

// The whole answer, with a NUL behind it; NULL with the error.
static char *receive(int fd, size_t *length, int *rc)
{
	size_t room = 4096, size = 0;
	char *text = malloc(room);

	for (*rc = text != NULL ? 0 : -ENOMEM; *rc == 0;) {
		ssize_t got = recv(fd, text + size, room - size - 1, 0);

		if (got < 0 && errno == EINTR) continue;
		if (got <= 0) {
			*rc = got == 0 ? -ECONNRESET : -errno;
			break;
		}
		size += (size_t)got;
		text[size] = '\0';
		*length = text[size - 1] == '}' ? unixctl_length(text, size) : 0;
		if (*length != 0) return text;
		if (size + 1 < room) continue;
		char *more = room < LONGEST_ANSWER ? realloc(text, room * 2) : NULL;
		if (more == NULL)
			*rc = -ENOMEM;
		else
			text = more;
		room *= 2;
	}
	free(text);
	return NULL;
}

int unixctl_call(int fd, char **printed, const char *command, ...)
{
	char call[LONGEST_CALL], *answer, *result;
	int size = snprintf(call, sizeof(call), "{\"id\":1,\"method\":\"%s\",\"params\":[", command), rc;
	const char *argument, *comma = "";
	size_t length;
	ssize_t sent;
	va_list list;

	va_start(list, command);
	while ((argument = va_arg(list, const char *)) != NULL && size < (int)sizeof(call)) {
		// Names of devices and bridges: nothing that would have to be escaped is in them.
		if (strpbrk(argument, "\"\\") != NULL) break;
		size += snprintf(call + size, sizeof(call) - (size_t)size, "%s\"%s\"", comma, argument);
		comma = ",";
	}
	va_end(list);
	if (size < (int)sizeof(call)) size += snprintf(call + size, sizeof(call) - (size_t)size, "]}");
	if (argument != NULL || size >= (int)sizeof(call)) return -EINVAL;
	sent = send(fd, call, (size_t)size, MSG_NOSIGNAL);
	if (sent != size) return sent < 0 ? -errno : -EIO;
	answer = receive(fd, &length, &rc);
	if (answer == NULL) return rc;
	rc = unixctl_result(answer, length, &result);
	if (rc == 0) {
		*printed = strdup(result);
		rc = *printed != NULL ? 0 : -ENOMEM;
	}
	free(answer);
	return rc;
}
