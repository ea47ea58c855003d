import type { Settings } from '../../src-shared/models.ts';
import { SignetError } from '../../src-shared/errors.ts';
import type { MetaRepository } from './meta.ts';

const DEFAULTS: Settings = {
  theme: 'system',
  language: 'system',
  sendReceipts: true,
  sendTyping: true,
  requireProtection: false,
  notifications: true,
};

export interface SettingsRepository {
  get(): Settings;
  /** Changes what is named and answers the whole. */
  set(changes: { readonly [K in keyof Settings]?: Settings[K] | undefined }): Settings;
}

export function settingsRepository(meta: MetaRepository): SettingsRepository {
  // Asked for with every message; this process is the only one that writes them.
  let known: Settings | undefined;
  const get = (): Settings => (known ??= read());
  const read = (): Settings => {
    const stored = meta.text('settings');
    if (stored === undefined) return DEFAULTS;
    try {
      return { ...DEFAULTS, ...(JSON.parse(stored) as Partial<Settings>) };
    } catch (error) {
      throw new SignetError('store-damaged', { cause: error });
    }
  };
  return {
    get,
    set: (changes) => {
      const wanted = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
      const settings: Settings = { ...get(), ...wanted };
      known = undefined; // a transaction that is undone leaves nothing behind
      meta.set('settings', JSON.stringify(settings));
      return settings;
    },
  };
}
