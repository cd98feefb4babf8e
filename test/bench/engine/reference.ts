/**
 * What VPP 26.06 took: clocks per packet in the graph, p10, one worker, two cores of an AMD EPYC (Zen 3) with a TSC of
 * 2.4454 GHz. It is not measured here: Debian has no package of it.
 */
export const reference: Readonly<Record<string, { readonly vpp: number }>> = {
  l2xc: { vpp: 31 },
  'l2bd-1k': { vpp: 90 },
  'l2bd-100k': { vpp: 252 },
  'l2vlan-1k': { vpp: 142 },
  'l2vlan-100k': { vpp: 309 },
  'ip4-1': { vpp: 60 },
  'ip4-10k': { vpp: 102 },
  'ip4-1m': { vpp: 281 },
  'ip6-10k': { vpp: 215 },
  'acl-1k-onemask': { vpp: 165 },
  'acl-1k-diverse': { vpp: 299 },
};
