import assert from 'node:assert/strict';
import { type Case, type Figure, median, medianAndWorst } from '../../case.ts';
import { editConfig, interfaces, namespace, subInterface } from '../../configuration.ts';
import { Router } from '../../router.ts';

const perPort = 3400;
const ports = ['ring0', 'ring1', 'ring2'];
const total = 10_000;
const more = 11;

/** Must show (g) of the walking router. */
const subInterfaces: Case = {
  id: 'sub-interfaces',
  shows: `${total.toLocaleString('en')} VLAN sub-interfaces in one commit, and what one more costs`,
  async run() {
    const router = await Router.start();
    try {
      const client = await router.connect();
      const edit = async (operation: readonly string[]): Promise<number> => {
        const started = performance.now();
        await client.rpc(editConfig('running', interfaces(...operation)));
        return performance.now() - started;
      };
      await edit(
        ports.map(
          (name) =>
            `<interface><name>${name}</name><type xmlns:t="${namespace.interfaceTypes}">t:ethernetCsmacd</type><port xmlns="${namespace.ports}"><ring>${name}</ring></port></interface>`,
        ),
      );
      const numbers = Array.from({ length: total + more }, (_, index) => index);
      const nth = (index: number): string =>
        subInterface(ports[Math.floor(index / perPort)] ?? '', (index % perPort) + 1);

      const alone: number[] = [];
      for (const index of numbers.slice(0, more)) alone.push(await edit([nth(index)]));
      const all = await edit(numbers.slice(more, total).map(nth));
      const onTop: number[] = [];
      for (const index of numbers.slice(total)) onTop.push(await edit([nth(index)]));

      const count = (await client.rpc('<get-config><source><running/></source></get-config>')).match(
        /l2vlan</g,
      )?.length;
      assert.equal(count, total + more);
      const state = await client.rpc(
        `<get><filter type="xpath" xmlns:if="${namespace.interfaces}" select="/if:interfaces/if:interface[if:name='ring2.100']/if:oper-status"/></get>`,
      );
      assert.match(state, /<oper-status>up<\/oper-status>/);
      await client.close();
      assert.ok(median(onTop) < 10 * median(alone), `${median(onTop)} ms after, ${median(alone)} ms before`);
      return [
        { what: `${(total - more).toLocaleString('en')} sub-interfaces in one commit`, value: all, unit: 'ms' },
        ...medianAndWorst('one sub-interface with none there', alone, 'ms'),
        ...medianAndWorst(`one more with ${total.toLocaleString('en')} there`, onTop, 'ms'),
        { what: 'ratio of the medians', value: median(onTop) / median(alone) },
      ] satisfies Figure[];
    } finally {
      await router.stop();
    }
  },
};

export const cases: readonly Case[] = [subInterfaces];
