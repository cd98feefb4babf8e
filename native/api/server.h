// The listening socket.
#ifndef SLUICE_API_SERVER_H
#define SLUICE_API_SERVER_H

// Listens on a Unix socket at path, readable by its owner only; a file that a dead engine left is replaced.
// 0 or -errno: -EADDRINUSE if an engine answers there.
int server_start(const char *path);
// Closes all clients and removes the file.
void server_stop(void);

#endif
