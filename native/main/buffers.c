#include "buffers.h"

#include <errno.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_mbuf.h>
#include <rte_mbuf_pool_ops.h>

#include "dataplane.h"
#include "log.h"
#include "stage.h"

#define CACHE         256
#define HEADER_ROOM   128
#define URGENT        2047
#define URGENT_FRAMES 127u
#define LEAST         4096u
#define MOST          (1u << 18)

static struct rte_mempool *frames, *headers, *urgent, *urgent_frames;

// As rte_pktmbuf_pool_create, but without huge pages buffers may lie across two pages: no device reads such memory by
// physical address, and one buffer a page would take nearly twice as much.
static struct rte_mempool *pool_create(const char *name, unsigned count, uint16_t room, unsigned cache, const char *ops)
{
	struct rte_pktmbuf_pool_private private = {.mbuf_data_room_size = room};
	unsigned flags = rte_eal_has_hugepages() ? 0 : RTE_MEMPOOL_F_NO_IOVA_CONTIG;
	struct rte_mempool *pool =
		rte_mempool_create_empty(name, count, (unsigned)sizeof(struct rte_mbuf) + room, cache,
					 sizeof(struct rte_pktmbuf_pool_private), SOCKET_ID_ANY, flags);
	int rc;

	if (pool == NULL) return NULL;
	rc = rte_mempool_set_ops_byname(pool, ops, NULL);
	if (rc == 0) {
		rte_pktmbuf_pool_init(pool, &private);
		rc = rte_mempool_populate_default(pool);
	}
	if (rc < 0) {
		rte_mempool_free(pool);
		rte_errno = -rc;
		return NULL;
	}
	rte_mempool_obj_iter(pool, rte_pktmbuf_init, NULL);
	return pool;
}

int buffers_start(unsigned memory_mb)
{
	static const struct rte_mbuf_dynfield field = {
		.name = "sluice_packet_meta",
		.size = sizeof(struct packet_meta),
		.align = __alignof__(struct packet_meta),
	};
	// A frame's buffer costs 2.4 kB; half as many headers of 0.5 kB each come beside them.
	const char *ops = rte_mbuf_best_mempool_ops();
	uint64_t count = (uint64_t)memory_mb * 1024 * 1024 * 2 / 5 / (2432 + 512 / 2);
	unsigned frame_count = (unsigned)RTE_MIN(count, (uint64_t)MOST);

	frame_count = RTE_MAX(frame_count, LEAST) - 1;
	packet_meta_offset = rte_mbuf_dynfield_register(&field);
	if (packet_meta_offset < 0) return -rte_errno;
	frames = pool_create("frames", frame_count, RTE_MBUF_DEFAULT_BUF_SIZE, CACHE, ops);
	if (frames != NULL)
		headers = pool_create("headers", frame_count / 2, RTE_PKTMBUF_HEADROOM + HEADER_ROOM, CACHE, ops);
	// Who takes waits for nobody: many give, one takes.
	if (headers != NULL)
		urgent = pool_create("urgent", URGENT, RTE_PKTMBUF_HEADROOM + HEADER_ROOM, 0, "ring_mp_sc");
	if (urgent != NULL)
		urgent_frames = pool_create("urgent-frames", URGENT_FRAMES, RTE_MBUF_DEFAULT_BUF_SIZE, 0, "ring_mp_sc");
	if (frames == NULL || headers == NULL || urgent == NULL || urgent_frames == NULL) {
		log_error("buffers-not-made", "memory_mb=%u buffers=%u pool=%s reason=\"%s\"", memory_mb, frame_count,
			  frames == NULL    ? "frames"
			  : headers == NULL ? "headers"
			  : urgent == NULL  ? "urgent"
					    : "urgent-frames",
			  rte_strerror(rte_errno));
		return rte_errno > 0 ? -rte_errno : -ENOMEM;
	}
	return 0;
}

struct rte_mempool *buffers_pool(void)
{
	return frames;
}

struct rte_mempool *buffers_header_pool(void)
{
	return headers;
}

struct rte_mempool *buffers_urgent_pool(void)
{
	return urgent;
}

struct rte_mempool *buffers_urgent_frames(void)
{
	return urgent_frames;
}

struct rte_mempool *buffers_pool_for_device(const char *name, unsigned count)
{
	return pool_create(name, count, RTE_MBUF_DEFAULT_BUF_SIZE, CACHE, rte_mbuf_best_mempool_ops());
}

struct rte_mbuf *buffers_packet(struct rte_mempool *pool, const uint8_t *bytes, uint32_t length)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	for (uint32_t done = 0; m != NULL && done < length;) {
		struct rte_mbuf *part = done == 0 ? m : rte_pktmbuf_alloc(pool);
		uint16_t size;

		if (part == NULL || (part != m && rte_pktmbuf_chain(m, part) != 0)) {
			rte_pktmbuf_free(part);
			rte_pktmbuf_free(m);
			return NULL;
		}
		size = (uint16_t)RTE_MIN(length - done, (uint32_t)rte_pktmbuf_tailroom(part));
		memcpy(rte_pktmbuf_mtod(part, void *), bytes + done, size);
		part->data_len = size;
		m->pkt_len += size;
		done += size;
	}
	return m;
}

struct rte_mbuf *packet_alloc(void)
{
	struct rte_mbuf *m = frames != NULL ? rte_pktmbuf_alloc(frames) : NULL;

	if (m != NULL) *packet_meta(m) = (struct packet_meta){0};
	return m;
}
