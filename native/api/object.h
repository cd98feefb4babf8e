// One object of the contract as data: its kind and name, what it refers to, what it claims for itself alone, and
// whether its values are in range. Nothing here knows of packets.
#ifndef SLUICE_API_OBJECT_H
#define SLUICE_API_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sluice.pb-c.h>

#define KINDS           8 // Sluice__Api__ObjectKind: those of object.c; the others are registered (kind.h)
#define MAX_REFERENCES  256
#define MAX_OBJECT_NAME 255
#define CLAIM_SIZE      640

// An error as it goes to the client. code 0: none.
struct api_error {
	Sluice__Api__ErrorCode code;
	uint32_t operation;
	char message[256];
	char object[320];
};

// Fills in error; returns -1, so that `return api_refuse(…)` reads well.
int api_refuse(struct api_error *error, Sluice__Api__ErrorCode code, uint32_t operation, const char *object,
	       const char *format, ...) __attribute__((format(printf, 5, 6)));

struct object_name {
	Sluice__Api__ObjectKind kind;
	const char *name; // in the operation's memory
};

// "port:uplink1".
void object_text(struct object_name name, char *text, size_t size);

// What the operation is about; false for an operation without content. *deletes: whether it deletes.
bool operation_name(const Sluice__Api__Operation *operation, struct object_name *name, bool *deletes);

// Whether every value is in its range: 0, or -1 with the error (without operation index).
int operation_check(const Sluice__Api__Operation *operation, struct api_error *error);

// Names of the objects that it needs to exist; returns how many. A kind that names more is refused by its check.
unsigned operation_references(const Sluice__Api__Operation *operation, struct object_name references[MAX_REFERENCES]);

// What no second object may claim, as a text ("device:eth0"); false: nothing.
bool operation_claim(const Sluice__Api__Operation *operation, char claim[CLAIM_SIZE]);

#endif
