import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { capabilities } from './coverage.ts';

const root = new URL('../../../', import.meta.url);

test('what is said to show a capability is there', () => {
  for (const { capability, shownBy } of capabilities) {
    assert.ok(shownBy.length > 0, `nothing shows ${capability}`);
    for (const [file, name = ''] of shownBy) {
      assert.ok(readFileSync(new URL(file, root), 'utf8').includes(name), `${file} has no test "${name}"`);
    }
  }
});
