/** With which flags Node runs sluiced: measured by `npm run bench:netconf`, see src/northbound/netconf/README.md. */
export const sluicedFlags: readonly string[] = [];
