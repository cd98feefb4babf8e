/** What the engine is measured with, in the order in which it is printed. */
import { aclWorkloads } from './acl.ts';
import { chainWorkloads } from './chain.ts';
import { ipWorkloads } from './ip.ts';
import { l2Workloads, twoWorkers } from './l2.ts';
import type { Workload } from './workload.ts';

export const workloads: readonly Workload[] = [
  ...l2Workloads,
  ...ipWorkloads,
  ...aclWorkloads,
  ...chainWorkloads,
  twoWorkers,
];
