#include "buffers.h"

#include <errno.h>

#include <rte_errno.h>
#include <rte_mbuf.h>

#include "dataplane.h"
#include "log.h"
#include "stage.h"

#define CACHE       256
#define HEADER_ROOM 128
#define LEAST       4096u
#define MOST        (1u << 18)

static struct rte_mempool *frames, *headers;

int buffers_start(unsigned memory_mb)
{
	static const struct rte_mbuf_dynfield field = {
		.name = "sluice_packet_meta",
		.size = sizeof(struct packet_meta),
		.align = __alignof__(struct packet_meta),
	};
	// A frame's buffer costs 2.4 kB; half as many headers of 0.5 kB each come beside them.
	uint64_t count = (uint64_t)memory_mb * 1024 * 1024 * 2 / 3 / (2432 + 512 / 2);
	unsigned frame_count = (unsigned)RTE_MIN(count, (uint64_t)MOST);

	frame_count = RTE_MAX(frame_count, LEAST) - 1;
	packet_meta_offset = rte_mbuf_dynfield_register(&field);
	if (packet_meta_offset < 0) return -rte_errno;
	frames = rte_pktmbuf_pool_create("frames", frame_count, CACHE, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	headers = rte_pktmbuf_pool_create("headers", frame_count / 2, CACHE, 0, RTE_PKTMBUF_HEADROOM + HEADER_ROOM,
					  SOCKET_ID_ANY);
	if (frames == NULL || headers == NULL) {
		log_error("buffers-not-made", "memory_mb=%u buffers=%u errno=%d", memory_mb, frame_count, rte_errno);
		return -rte_errno;
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

struct rte_mbuf *packet_alloc(void)
{
	struct rte_mbuf *m = frames != NULL ? rte_pktmbuf_alloc(frames) : NULL;

	if (m != NULL) *packet_meta(m) = (struct packet_meta){0};
	return m;
}
