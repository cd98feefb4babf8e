// One connection: frames in, requests carried out, replies and events out. Nothing of it waits for the client.
#ifndef SLUICE_API_CLIENT_H
#define SLUICE_API_CLIENT_H

#include "../main/loop.h"
#include "../main/stage.h"
#include "frame.h"
#include "output.h"
#include "query.h"
#include "transaction.h"

// Time for the first message, and for an open transaction's next one.
#define HELLO_TIMEOUT_MS       10000
#define TRANSACTION_TIMEOUT_MS 30000

struct client {
	struct watch watch;
	struct frame_buffer input;
	struct output output;
	struct owner *owner; // NULL before Hello
	bool subscribed;
	bool closing; // once the output is written
	struct transaction *transaction;
	// Prepare or Commit of it goes on in parts; nothing else of the client is looked at before it has ended.
	enum { CLIENT_IDLE, CLIENT_PREPARES, CLIENT_COMMITS } busy;
	uint32_t busy_id; // of the request
	Sluice__Api__CommitReply committed;
	struct timer part;
	struct query *query;
	uint32_t query_id;
	struct timer timeout;
	struct later *laters; // replies that stages owe it
	unsigned later_count;
	struct client *next;
};

// Takes over a connected socket. NULL: no memory (the socket is closed).
struct client *client_new(int fd);
// Aborts its transaction, closes and frees.
void client_close(struct client *client);
// The list that the server keeps.
extern struct client *clients;

#endif
