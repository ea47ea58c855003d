import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkSchema, emptyPatterns, faultsOf, parseConfig, readConfig } from '../../../scripts/lib/dist-checks.mjs';

const text = readFileSync(new URL('../../../electron-builder.yml', import.meta.url), 'utf8');

describe('electron-builder.yml', () => {
  it('is what electron-builder’s own schema takes', async () => {
    await expect(checkSchema(readConfig())).resolves.toBeUndefined();
    await expect(checkSchema({ ...readConfig(), asarUnpakc: [] })).rejects.toThrow();
  });

  it('has its fuses, icons, targets and native modules', () => {
    expect(faultsOf(readConfig())).toEqual([]);
  });

  it.each([
    ['runAsNode: false', 'runAsNode: true', 'The fuse runAsNode must be false.'],
    ['onlyLoadAppFromAsar: true', 'onlyLoadAppFromAsar: false', 'The fuse onlyLoadAppFromAsar must be true.'],
    ['enableNodeCliInspectArguments: false', '', 'The fuse enableNodeCliInspectArguments must be false.'],
    ['asar: true', 'asar: false', 'The files must be in an archive (asar).'],
    ['npmRebuild: false', 'npmRebuild: true', 'Native modules are prebuilt: npmRebuild must be false.'],
    ['icon: assets/icons/256x256.png', 'icon: assets/no.png', 'The icon of win is missing.'],
  ])('without %j is refused', (good, bad, fault) => {
    expect(text).toContain(good);
    expect(faultsOf(parseConfig(text.replace(good, bad)))).toContain(fault);
  });

  it('lists no folder that is not there', () => {
    const config = readConfig();
    expect(emptyPatterns({ ...config, files: ['assets/icons/*.png', 'node_modules/keytar/{package.json,lib/**/*}'] })).toEqual(
      [],
    );
    expect(emptyPatterns({ ...config, files: ['no-such/**/*', '!no-such/**'] })).toEqual(['no-such/**/*']);
  });
});
