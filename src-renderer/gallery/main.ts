/** The gallery: `?scene=ID&theme=light|dark&lang=en|de` shows one scene, no query shows the list of all. */

import '../theme/tokens.css';
import '../theme/base.css';
import { mount, tick } from 'svelte';
import App from '../App.svelte';
import { clientOf } from '../api/client.ts';
import { AppModel } from '../stores/app.svelte.ts';
import { fakeEngine } from './fake-engine.ts';
import Index from './Index.svelte';
import { scenes } from './scenes.ts';

const target = document.getElementById('app');
if (!target) throw new Error('the page has no #app');

const query = new URLSearchParams(location.search);
const scene = scenes.find((s) => s.id === query.get('scene'));

if (scene) {
  const world = scene.world();
  const theme = (['light', 'dark'] as const).find((t) => t === query.get('theme')) ?? 'system';
  const language = (['en', 'de'] as const).find((l) => l === query.get('lang')) ?? 'en';
  world.settings = { ...world.settings, theme, language };
  // Each scene starts from the same layout, whatever was dragged before.
  const app = new AppModel(clientOf(fakeEngine(world)), { get: () => null, set: () => undefined }, ['en']);
  app.start();
  mount(App, { target, props: { app } });
  await settled();
  // One pane at a time: the scene's conversation is opened, as a person would.
  const first = app.conversations.items[0];
  if (!scene.list && app.chat === null && app.phase === 'main' && first) {
    app.open(first.jid);
    await settled();
  }
  scene.act?.(app);
  await settled();
  document.documentElement.dataset['ready'] = scene.id;
} else {
  mount(Index, { target });
  await tick();
  document.documentElement.dataset['ready'] = 'index';
}

/** Until answers came and lists measured themselves. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 60));
  await tick();
  await new Promise((resolve) => requestAnimationFrame(resolve));
}
