/** The page's entry: takes the host's bridge, makes the root model, shows the app. */

import './theme/tokens.css';
import './theme/base.css';
import { mount } from 'svelte';
import App from './App.svelte';
import { clientOf } from './api/client.ts';
import NoHost from './screens/NoHost.svelte';
import { i18n, languageOf } from './i18n/i18n.svelte.ts';
import { AppModel } from './stores/app.svelte.ts';
import { browserKeep } from './stores/layout.svelte.ts';

const target = document.getElementById('app');
if (!target) throw new Error('the page has no #app');

const bridge = window.signetBridge;
if (bridge) {
  const app = new AppModel(clientOf(bridge), browserKeep(), navigator.languages);
  app.start();
  mount(App, { target, props: { app } });
} else {
  await i18n.use(languageOf('system', navigator.languages));
  mount(NoHost, { target });
}
