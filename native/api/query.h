// Answers to queries, one part at a time: a part is made when the client has taken the one before.
#ifndef SLUICE_API_QUERY_H
#define SLUICE_API_QUERY_H

#include "state.h"

#define PART_ENTRIES 1024

struct query;

// What `what` asks of owner's objects; takes nothing over. NULL with the error.
struct query *query_new(const struct owner *owner, const Sluice__Api__Query *what, struct api_error *error);
// The next part, in arena memory. 0, or -ENOMEM; part->last says whether it was the last.
int query_part(struct query *query, struct arena *arena, Sluice__Api__QueryReply *part);
void query_free(struct query *query);

#endif
