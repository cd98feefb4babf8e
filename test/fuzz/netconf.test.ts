/** A fixed number of the fuzzer's cases, the same each time, and what it has found before; fuzz:netconf takes other seeds. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { runCampaign } from './campaign.ts';

const cases = Number(process.env['SLUICE_FUZZ_CASES'] ?? 200);

test(`sluiced survives ${cases} random sessions and connections`, async (t) => {
  const seed = Number(process.env['SLUICE_SEED'] ?? 20261126);
  t.diagnostic(`seed ${seed}, ${cases} cases (SLUICE_SEED, SLUICE_FUZZ_CASES; npm run fuzz:netconf)`);
  const report = await runCampaign({ seed, first: 0, last: cases - 1, maxFindings: 3 });
  t.diagnostic(`${report.rpcs} rpcs, ${report.refused} refused`);
  t.diagnostic(`another session waited ${report.slowestWitnessMs.toFixed(0)} ms at most`);
  for (const { case: number, what, details } of report.findings) {
    t.diagnostic(`npm run fuzz:netconf -- --seed ${seed} --case ${number}: ${what}\n${details}`);
  }
  assert.deepEqual(
    report.findings.map(({ case: number, what }) => `${number}: ${what}`),
    [],
  );
  assert.equal(report.cases, cases);
  // A fuzzer whose requests are all refused tests the parser alone.
  assert.ok(report.rpcs > cases && report.refused < report.rpcs * 0.95, `${report.refused} of ${report.rpcs} refused`);
});
