// For who frees what records may have named.
#ifndef SLUICE_FLOW_SETTLE_H
#define SLUICE_FLOW_SETTLE_H

// Control thread, after elements have been raised: once it returns, no path holds a counter, meter or anything else
// that was recorded with them, and what was counted there has been added. Only then may it be freed. Needless for what
// is freed with a generation whose elements were raised in `published` (of an order below 1000).
void flow_settle(void);

#endif
