/** One message from one engine to another, each in a process of its own, through Prosody with TLS, stores and keychains. */

import { befriend, percentile, setStage, told, type Person } from './stage.ts';
import { row, type BenchRow } from './types.ts';

const MESSAGES = 300;
const WARM_UP = 30;

/** Handed to the sender's engine until told by the receiver's, an association standing. */
async function times(from: Person, to: Person, count: number): Promise<number[]> {
  const out: number[] = [];
  for (let i = 0; i < count; i += 1) {
    const body = `${String(i)} ${'x'.repeat(100)}`;
    const arrived = told(to, 'message.arrived', (m) => m.body === body && !m.mine);
    const began = performance.now();
    void from.invoke('message.send', { to: to.jid, body });
    await arrived;
    out.push(performance.now() - began);
  }
  return out;
}

async function throughput(from: Person, to: Person, count: number): Promise<number> {
  let left = count;
  const all = told(to, 'message.arrived', (m) => !m.mine && m.body.startsWith('burst') && --left === 0, 60_000);
  const began = performance.now();
  await Promise.all(
    Array.from({ length: count }, (_, i) => from.invoke('message.send', { to: to.jid, body: `burst ${String(i)}` })),
  );
  await all;
  return (count / (performance.now() - began)) * 1_000;
}

export async function bench(): Promise<readonly BenchRow[]> {
  const stage = await setStage();
  try {
    const [anna, ben] = await Promise.all([stage.headless('anna'), stage.headless('ben')]);
    await befriend(anna, ben);
    const first = percentile(await times(anna, ben, 1), 0.5);
    await times(anna, ben, WARM_UP);
    await times(ben, anna, WARM_UP);
    const both = [...(await times(anna, ben, MESSAGES)), ...(await times(ben, anna, MESSAGES))];
    const p50 = percentile(both, 0.5);
    const rate = await throughput(anna, ben, 500);
    return [
      row('first message, engine to engine, no association yet', 'ms', first, 400, 'one run; the demos below are the bar'),
      row(
        'message, engine to engine, p95',
        'ms',
        percentile(both, 0.95),
        20,
        `p50 ${p50.toFixed(1)} ms, ${String(both.length)} messages; burst of 500: ${rate.toFixed(0)}/s`,
      ),
    ];
  } finally {
    await stage.end();
  }
}
