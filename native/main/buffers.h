// Packet memory: one pool of frames' buffers, one of small buffers for headers, one for a thread of fixed priority.
#ifndef SLUICE_MAIN_BUFFERS_H
#define SLUICE_MAIN_BUFFERS_H

#include <rte_mbuf.h>
#include <rte_mempool.h>

// Makes the pools from about two fifths of memory_mb, and the metadata field; the rest is for tables, graphs and
// the pools of AF_XDP ports. 0 or -errno.
int buffers_start(unsigned memory_mb);

// 2,048 bytes and headroom each; longer frames are chains.
struct rte_mempool *buffers_pool(void);
// Any thread. These bytes in as many buffers of a pool as they need. NULL: there are none.
struct rte_mbuf *buffers_packet(struct rte_mempool *pool, const uint8_t *bytes, uint32_t length);
// 128 bytes and headroom each.
struct rte_mempool *buffers_header_pool(void);
// The same, 2,047 of them, from which one thread takes at a time: it never waits for another that was interrupted
// meanwhile, as it might with the pools above.
struct rte_mempool *buffers_urgent_pool(void);
// The same of the size of the first pool, 127 of them: not every device sends a chain of many.
struct rte_mempool *buffers_urgent_frames(void);

// A pool like the first, for one device that keeps buffers when it is closed; free it with rte_mempool_free once no
// packet can be in it. NULL: no memory.
struct rte_mempool *buffers_pool_for_device(const char *name, unsigned count);

#endif
