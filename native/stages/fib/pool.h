// Records of one size that stay where they are and can be walked through by number.
#ifndef SLUICE_FIB_POOL_H
#define SLUICE_FIB_POOL_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define POOL_CHUNK 64

struct pool {
	size_t size;
	uint8_t **chunks;
	uint64_t chunk_count, chunk_room;
	void *spare; // chained by their first word
};

static inline void *pool_at(const struct pool *pool, uint64_t number)
{
	return pool->chunks[number / POOL_CHUNK] + number % POOL_CHUNK * pool->size;
}

static inline uint64_t pool_end(const struct pool *pool)
{
	return pool->chunk_count * POOL_CHUNK;
}

static inline void pool_give(struct pool *pool, void *record)
{
	memcpy(record, &pool->spare, sizeof(pool->spare));
	pool->spare = record;
}

// Calls fresh(record, number) for each record of a new chunk. 0 or -1.
static inline int pool_grow(struct pool *pool, void (*fresh)(void *record, uint64_t number))
{
	uint8_t *chunk = calloc(POOL_CHUNK, pool->size);

	if (pool->chunk_count == pool->chunk_room) {
		uint64_t room = pool->chunk_room ? pool->chunk_room * 2 : 16;
		uint8_t **grown = chunk != NULL ? realloc(pool->chunks, room * sizeof(*grown)) : NULL;

		if (grown == NULL) {
			free(chunk);
			return -1;
		}
		pool->chunks = grown;
		pool->chunk_room = room;
	}
	if (chunk == NULL) return -1;
	pool->chunks[pool->chunk_count++] = chunk;
	for (unsigned i = POOL_CHUNK; i > 0; i--) {
		void *record = chunk + (i - 1) * pool->size;

		if (fresh != NULL) fresh(record, (pool->chunk_count - 1) * POOL_CHUNK + i - 1);
		pool_give(pool, record);
	}
	return 0;
}

// NULL: no memory. Not zeroed.
static inline void *pool_take(struct pool *pool, void (*fresh)(void *record, uint64_t number))
{
	void *record;

	if (pool->spare == NULL && pool_grow(pool, fresh) < 0) return NULL;
	record = pool->spare;
	memcpy(&pool->spare, record, sizeof(pool->spare));
	return record;
}

static inline void pool_close(struct pool *pool)
{
	for (uint64_t i = 0; i < pool->chunk_count; i++)
		free(pool->chunks[i]);
	free(pool->chunks);
	*pool = (struct pool){.size = pool->size};
}

#endif
