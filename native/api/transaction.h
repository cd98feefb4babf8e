// Transactions: one is open at a time in the whole engine, so that Prepare's promise holds until Commit.
#ifndef SLUICE_API_TRANSACTION_H
#define SLUICE_API_TRANSACTION_H

#include "store.h"

struct transaction;

// Most bytes of operations in one transaction, as they were on the wire.
#define MAX_TRANSACTION_BYTES (64u << 20)

// NULL with ERROR_BUSY or ERROR_RESOURCE.
struct transaction *transaction_begin(struct owner *owner, bool replay, struct api_error *error);
// Takes the operations out of the message. Checks nothing but size: 0, or -1 with the error; the transaction stays.
int transaction_add(struct transaction *t, Sluice__Api__Operations *operations, size_t bytes, struct api_error *error);
// 0: Commit cannot fail any more. -1 with the error: everything is undone and the transaction is over (freed).
int transaction_prepare(struct transaction *t, struct api_error *error);
// The same in parts of some milliseconds: TRANSACTION_MORE says that it is to be called again.
#define TRANSACTION_MORE 1
int transaction_prepare_part(struct transaction *t, struct api_error *error);
bool transaction_is_prepared(const struct transaction *t);
// Frees it. Only after prepare.
void transaction_commit(struct transaction *t, Sluice__Api__CommitReply *reply);
// The same in parts; objects take effect with the first. 0 (freed) or TRANSACTION_MORE. The reply is one for all parts.
int transaction_commit_part(struct transaction *t, Sluice__Api__CommitReply *reply);
// Undoes and frees it; one whose commit has begun is carried out instead. NULL is fine.
void transaction_abort(struct transaction *t);
// At the end of the engine: every object of every owner goes, with its device and its memory.
void objects_delete_all(void);

#endif
