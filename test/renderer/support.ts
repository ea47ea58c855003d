/** The page's models over the gallery's engine: no DOM, no host. */

import { flushSync } from 'svelte';
import type { CommandName } from '../../src-shared/api.ts';
import { clientOf } from '../../src-renderer/api/client.ts';
import { fakeEngine, type FakeEngine } from '../../src-renderer/gallery/fake-engine.ts';
import { world, type World } from '../../src-renderer/gallery/world.ts';
import { AppModel } from '../../src-renderer/stores/app.svelte.ts';
import type { Keep } from '../../src-renderer/stores/layout.svelte.ts';

export function memoryKeep(start: Record<string, string> = {}): Keep & { readonly kept: Map<string, string> } {
  const kept = new Map(Object.entries(start));
  return { kept, get: (key) => kept.get(key) ?? null, set: (key, value) => void kept.set(key, value) };
}

export interface Started {
  readonly app: AppModel;
  readonly engine: FakeEngine;
  readonly stop: () => void;
  /** Inputs of a command, in order. */
  inputs(command: CommandName): readonly unknown[];
}

/** An app that has loaded all it loads at the start. */
export async function start(change: Partial<World> = {}, keep: Keep = memoryKeep()): Promise<Started> {
  const engine = fakeEngine(world(change), 1);
  const app = new AppModel(clientOf(engine), keep, ['en-GB']);
  const stop = app.start();
  await settle();
  return {
    app,
    engine,
    stop,
    inputs: (command) => engine.calls.filter((c) => c.command === command).map((c) => c.input),
  };
}

/** Lets answers and effects arrive. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 30; i += 1) await Promise.resolve();
  await new Promise((resolve) => setTimeout(resolve, 0));
  for (let i = 0; i < 30; i += 1) await Promise.resolve();
  flushSync();
}
