/** Electron's entry: the lock, the scheme, the host. */

import { app, dialog, protocol } from 'electron';
import { join } from 'node:path';
import { startElectronHost } from './host/electron/electron-host.ts';
import { SCHEME_PRIVILEGES } from './host/electron/security-settings.ts';
import { hostArguments } from './host/arguments.ts';

const log = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

const { profile, ca } = hostArguments(process.argv.slice(app.isPackaged ? 1 : 2), { lenient: true });
app.setPath('userData', join(profile, 'electron'));
protocol.registerSchemesAsPrivileged([SCHEME_PRIVILEGES]);
app.enableSandbox();

if (app.requestSingleInstanceLock()) {
  startElectronHost({ profile, ca, log }).catch((error: unknown) => {
    log(error instanceof Error ? error.name : 'error');
    dialog.showErrorBox('Signet', error instanceof Error ? error.message : 'Signet could not start.');
    app.exit(1);
  });
} else {
  app.quit();
}
