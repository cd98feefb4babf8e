/**
 * The rows of the comparison, and what other servers reached in them: netopeer2 2.4.5, clixon 7.8 and yuma123 2.13, one run
 * beside the other over SSH on one machine of two cores (AMD Zen 3), 2026-11. What is not packaged is compared through its
 * ratio to yuma123's netconfd of that run, which stands beside ours here.
 */
export type Unit = 'ms' | 's' | '/s' | 'MB' | '';

export interface Row {
  readonly id: string;
  readonly what: string;
  readonly unit: Unit;
  readonly netopeer2?: number;
  readonly clixon?: number;
  readonly netconfd?: number;
}

/** Whether more is better. */
export const isRate = ({ unit }: Row): boolean => unit === '/s' || unit === '';

const row = (id: string, what: string, unit: Unit, netopeer2?: number, clixon?: number, netconfd?: number): Row => ({
  ...{ id, what, unit },
  ...(netopeer2 === undefined ? {} : { netopeer2 }),
  ...(clixon === undefined ? {} : { clixon }),
  ...(netconfd === undefined ? {} : { netconfd }),
});

/** `many`: entries of the lists of ten thousand, `large`: of a hundred thousand. */
export function rowsOf(many: number, large: number): readonly Row[] {
  const m = many.toLocaleString('en');
  const l = large.toLocaleString('en');
  return [
    row('connect', 'connect: TCP, SSH, hello', 'ms', 18, 216, 376),
    row('get', 'get-config, empty', 'ms', 0.65, 0.35, 0.24),
    row('get-rate', 'get-config, empty, one after the other', '/s', 1515, 2522, 2336),
    row('pipelined', 'get-config, empty, 200 pipelined', '/s', 1527, 3708, 11420),
    row('leaf-running', 'one leaf in running', 'ms', 0.95, undefined, 0.98),
    row('leaf-candidate', 'one leaf by candidate and commit', 'ms', 2.4, 2.1),
    row('leaf-startup', 'one leaf, saved to startup', 'ms', 2.8, 2.7, 3.2),
    row('singles', '1,000 entries, one edit each', 's', 3.4, 41.6, 20),
    row('load-1000', '1,000 entries in one rpc', 's', 0.03, 0.07, 0.13),
    row('load', `${m} entries in one rpc`, 's', 0.37, 0.75, 11.7),
    row('load-warm', `${m} entries in one rpc, again`, 's'),
    row('get-all', `get-config of ${m}`, 's', 0.084, 0.176, 0.053),
    row('get-subtree', `one of ${m} by subtree filter`, 'ms', 0.55, 149, 1.9),
    row('get-xpath', `one of ${m} by XPath`, 'ms', 0.76, 0.39),
    row('leaf-10', 'one leaf in running, 10 there', 'ms'),
    row('leaf-many', `one leaf in running, ${m} there`, 'ms', 39, 555),
    row('leaf-candidate-10', 'one leaf by candidate and commit, 10 there', 'ms'),
    row('leaf-candidate-many', `one leaf by candidate and commit, ${m} there`, 'ms', 147, 555),
    row('add-many', `one entry added, ${m} there`, 'ms', 67, 1225),
    row('leaf-large', `one leaf in running, ${l} there`, 'ms'),
    row('leaf-candidate-large', `one leaf by candidate and commit, ${l} there`, 'ms'),
    row('must-10', 'one leaf that musts and leafrefs point to, 10 there', 'ms'),
    row('must-many', `one leaf that musts and leafrefs point to, ${m} there`, 'ms', 60, 1523),
    row('reference-10', 'one entry with leafref and musts, 10 there', 'ms'),
    row('reference-many', `one entry with leafref and musts, ${m} there`, 'ms', 42, 1903),
    row('notification', 'edit sent until notification', 'ms', 1.8, undefined, 5.7),
    row('notification-after', 'reply until notification', 'ms'),
    row('sessions-50', '50 sessions: get-config', '/s', 1996, 917, 2769),
    row('sessions-50-p99', '50 sessions: 99th percentile', 'ms', 30, 160, 44),
    row('sessions-200', '200 sessions: get-config', '/s', 1739, undefined, 1911),
    row('sessions-200-p99', '200 sessions: 99th percentile', 'ms', 155, undefined, 212),
    row('sessions-1000', '1,000 sessions: that answer', '', 253),
    row('load-large', `${l} entries in one rpc`, 's', 7.8, 22.5),
    row('get-large', `get-config of ${l}`, 's', 0.55, 2.5),
    row('slow', `slow reader of ${l}: memory that it takes`, 'MB'),
    row('memory', 'memory, idle', 'MB', 16, 11, 11),
    row('memory-many', `memory with ${m}`, 'MB', 115, 78, 57),
    row('memory-large', `memory with ${l}`, 'MB', 424, 532),
    row('flush', 'apart: one page written and flushed', 'ms'),
  ];
}
