/**
 * What the NETCONF server covers: each capability or part of a standard, where it is specified, and the tests that show
 * it. The table in this folder's README is made from it; coverage.test.ts checks that every test named here is there.
 */
export interface Capability {
  readonly capability: string;
  /** RFC and section, or the client that shows it. */
  readonly source: string;
  /** Files below the root of the repository, and what a test's name in it holds (none: the whole file). */
  readonly shownBy: readonly (readonly [file: string, name?: string])[];
}

const here = 'src/northbound/netconf';

export const capabilities: readonly Capability[] = [
  {
    capability: 'base 1.0 and 1.1, hello',
    source: 'RFC 6241 section 8.1',
    shownBy: [[`${here}/session/session.test.ts`]],
  },
  {
    capability: 'framing',
    source: 'RFC 6242 sections 4.2, 4.3',
    shownBy: [[`${here}/framing/decoder.test.ts`], [`${here}/session/session.test.ts`]],
  },
  {
    capability: 'envelope: attributes, pipelining, malformed-message, too-big',
    source: 'RFC 6241 sections 4.1, 4.3',
    shownBy: [[`${here}/session/session.test.ts`]],
  },
  {
    capability: 'SSH: subsystem, algorithms, tries, login time, connections, rekeying',
    source: 'RFC 6242, 4251–4254, 8308, 8332',
    shownBy: [[`${here}/transport/ssh.test.ts`], [`${here}/clients.test.ts`]],
  },
  {
    capability: 'TLS: mutual certificates, every cert-to-name, versions, suites',
    source: 'RFC 7589, 7407, 9645',
    shownBy: [[`${here}/transport/tls.test.ts`]],
  },
  {
    capability: 'generate-asymmetric-key-pair, generate-csr, hidden keys',
    source: 'RFC 9640, 9642, 9644',
    shownBy: [
      [`${here}/transport/tls.test.ts`, 'signs requests with hidden keys'],
      ['src/features/keystore/keys.test.ts'],
    ],
  },
  {
    capability: 'call home over SSH and TLS: order, attempts, periods, reconnection',
    source: 'RFC 8071',
    shownBy: [[`${here}/transport/transports.test.ts`, 'Transports, calling home']],
  },
  {
    capability: 'listeners, host keys, certificates, keepalives by configuration, without a restart',
    source: 'RFC 9640–9645, ietf-netconf-server',
    shownBy: [[`${here}/transport/transports.test.ts`], ['src/sluiced/listener.test.ts']],
  },
  {
    capability: 'writable-running, candidate, rollback-on-error, startup, validate 1.1',
    source: 'RFC 6241 section 8',
    shownBy: [[`${here}/rpc/rpc.test.ts`]],
  },
  {
    capability: 'confirmed-commit 1.1',
    source: 'RFC 6241 section 8.4',
    shownBy: [
      [`${here}/rpc/commit.test.ts`, 'confirmed commit'],
      ['src/commit/confirmed/confirmed.test.ts'],
      ['src/commit/confirmed/confirmed-kill.test.ts'],
      ['test/case/restart/confirmed.case.ts'],
      [`${here}/clients.test.ts`, 'confirms'],
    ],
  },
  {
    capability: 'confirmed commit by assertion',
    source: 'sluice-confirmed-commit',
    shownBy: [
      [`${here}/rpc/assertions.test.ts`],
      ['src/commit/confirmed/confirmed.test.ts', 'confirms itself when all of its assertions hold'],
    ],
  },
  {
    capability: 'history of commits: list, comments, differences, rollback',
    source: 'sluice-commit-history',
    shownBy: [[`${here}/rpc/history.test.ts`], ['src/datastore/reading/patch.test.ts']],
  },
  {
    capability: 'plan: what a commit would change, disturb, and be refused for',
    source: 'sluice-plan',
    shownBy: [[`${here}/rpc/plan.test.ts`], ['src/features/router.test.ts', 'a plan names what the engine would do']],
  },
  {
    capability: 'lock, unlock, kill-session, close-session',
    source: 'RFC 6241 sections 7.5–7.9',
    shownBy: [[`${here}/rpc/rpc.test.ts`]],
  },
  {
    capability: 'partial-lock 1.0',
    source: 'RFC 5717',
    shownBy: [[`${here}/rpc/partial-lock.test.ts`], ['src/commit/lock/partial-locks.test.ts']],
  },
  {
    capability: 'private candidates 1.0, update',
    source: 'draft-ietf-netconf-privcand-09',
    shownBy: [[`${here}/rpc/private-candidate.test.ts`], ['src/commit/candidate/rebase/rebase.test.ts']],
  },
  {
    capability: 'url 1.0: file, https',
    source: 'RFC 6241 section 8.8',
    shownBy: [
      [`${here}/url/url.test.ts`],
      [`${here}/url/https.test.ts`],
      [`${here}/url/file-store.test.ts`],
      [`${here}/url/location.test.ts`],
    ],
  },
  { capability: 'subtree filter', source: 'RFC 6241 section 6', shownBy: [[`${here}/filter/filter.test.ts`]] },
  { capability: 'xpath', source: 'RFC 6241 section 8.9', shownBy: [[`${here}/filter/filter.test.ts`]] },
  {
    capability: 'with-defaults, all modes; wd:default in edits',
    source: 'RFC 6243',
    shownBy: [
      [`${here}/filter/defaults.test.ts`],
      ['src/datastore/reading/defaults.test.ts', 'yanglint'],
      [`${here}/clients.test.ts`, 'with-defaults'],
    ],
  },
  {
    capability: 'get-data and edit-data, with-operational-defaults; intended and operational, origins',
    source: 'RFC 8526, 8342',
    shownBy: [[`${here}/rpc/nmda.test.ts`], ['src/features/state.test.ts', 'state of the interfaces']],
  },
  {
    capability: 'compare',
    source: 'RFC 9144, 8072',
    shownBy: [[`${here}/rpc/compare.test.ts`], ['src/commit/history/patch.test.ts', 'make the one view the other']],
  },
  {
    capability: 'errors',
    source: 'RFC 6241 appendix A, RFC 7950 section 15',
    shownBy: [[`${here}/errors/errors.test.ts`], [`${here}/rpc/rpc.test.ts`], [`${here}/session/session.test.ts`]],
  },
  {
    capability: 'access control; nothing hidden shows by filters, errors, defaults',
    source: 'RFC 8341',
    shownBy: [
      [`${here}/rpc/rpc.test.ts`],
      [`${here}/rpc/access.test.ts`, 'replies to a restricted user do not depend on what is hidden'],
      ['src/features/nacm/access.test.ts'],
      ['src/features/nacm/nested.test.ts'],
    ],
  },
  {
    capability: 'notification 1.0, interleave 1.0',
    source: 'RFC 5277',
    shownBy: [[`${here}/notification/notification.test.ts`], [`${here}/clients.test.ts`, 'ncclient as a subscriber']],
  },
  {
    capability: 'replay, stop time, streams',
    source: 'RFC 5277 sections 2.2, 3.2.3–3.2.5',
    shownBy: [[`${here}/notification/replay.test.ts`], ['src/datastore/event-log.test.ts']],
  },
  {
    capability: 'subscribed notifications: establish, modify, delete, kill, filters, streams, replay',
    source: 'RFC 8639, 8640',
    shownBy: [
      [`${here}/notification/subscription/subscription.test.ts`],
      [`${here}/clients.test.ts`, 'ncclient as a subscriber'],
    ],
  },
  {
    capability: 'YANG push: periodic subscriptions to every datastore',
    source: 'RFC 8641',
    shownBy: [[`${here}/notification/push/periodic.test.ts`]],
  },
  {
    capability: 'YANG push: on-change subscriptions, dampening, excluded changes, resync',
    source: 'RFC 8641, RFC 8072',
    shownBy: [[`${here}/notification/push/on-change.test.ts`], [`${here}/notification/push/changes.random.test.ts`]],
  },
  {
    capability: 'YANG push: on-change subscriptions to operational',
    source: 'RFC 8641',
    shownBy: [[`${here}/notification/push/operational.test.ts`], ['src/features/state.test.ts', 'providers tell']],
  },
  {
    capability: 'capabilities for subscriptions',
    source: 'RFC 9196',
    shownBy: [[`${here}/monitoring/system-capabilities.test.ts`]],
  },
  { capability: 'base notifications', source: 'RFC 6470', shownBy: [[`${here}/notification/notification.test.ts`]] },
  {
    capability: 'monitoring, get-schema',
    source: 'RFC 6022',
    shownBy: [
      [`${here}/monitoring/monitoring.test.ts`],
      [`${here}/rpc/rpc.test.ts`],
      [`${here}/filter/filter.test.ts`],
    ],
  },
  {
    capability: 'yang-library 1.0 and 1.1, module URIs of YANG 1 modules',
    source: 'RFC 8525, 7950 section 5.6.4, 6020 section 5.6.4',
    shownBy: [[`${here}/monitoring/monitoring.test.ts`], [`${here}/clients.test.ts`]],
  },
  {
    capability: 'yang-library-update, netconf-capability-change',
    source: 'RFC 8525, 6470 section 2.2',
    shownBy: [[`${here}/monitoring/monitoring.test.ts`, 'is notified once']],
  },
  { capability: 'action', source: 'RFC 7950 section 7.15', shownBy: [[`${here}/session/action.test.ts`]] },
  { capability: 'ncclient, yangcli, OpenSSH', source: 'foreign clients', shownBy: [[`${here}/clients.test.ts`]] },
  {
    capability: 'bad input of every kind ends nothing and changes nothing',
    source: 'npm run fuzz:netconf',
    shownBy: [['test/fuzz/netconf.test.ts']],
  },
  {
    capability: 'clients that do not read delay nobody',
    source: 'limits below',
    shownBy: [[`${here}/session/slow-reader.test.ts`]],
  },
  {
    capability: 'kill -9 at any moment leaves a committed state; full disks; damaged files',
    source: 'src/datastore',
    shownBy: [
      ['test/sluiced/kill.test.ts'],
      ['src/datastore/store-kill.test.ts'],
      ['test/sluiced/full-disk.test.ts'],
      ['src/datastore/store-damage.test.ts'],
    ],
  },
  {
    capability: 'other modules than the stored configuration was made with',
    source: 'sluice-datastore',
    shownBy: [['test/sluiced/upgrade.test.ts'], ['src/datastore/upgrade/schema-change.test.ts']],
  },
];

/** The table as Markdown. */
export function capabilityTable(): string {
  const lines = ['| Capability or part | Source | Test |', '| --- | --- | --- |'];
  for (const { capability, source, shownBy } of capabilities) {
    const files = [...new Set(shownBy.map(([file]) => `\`${file.replace(`${here}/`, '')}\``))];
    lines.push(`| ${capability} | ${source} | ${files.join(', ')} |`);
  }
  return `${lines.join('\n')}\n`;
}
