// Packet memory: one pool of frames' buffers, one of small buffers for headers.
#ifndef SLUICE_MAIN_BUFFERS_H
#define SLUICE_MAIN_BUFFERS_H

#include <rte_mempool.h>

// Makes the pools from about two thirds of memory_mb, and the metadata field. 0 or -errno.
int buffers_start(unsigned memory_mb);

// 2,048 bytes and headroom each; longer frames are chains.
struct rte_mempool *buffers_pool(void);
// 128 bytes and headroom each.
struct rte_mempool *buffers_header_pool(void);

#endif
