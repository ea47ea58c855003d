/** The import law of docs/architecture.md. Each message says where the file belongs instead. */

const services = '^src-main/(accounts|chats|contacts|files|protection|rooms|search)/';

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Two files that need each other are one subject, or a third file (types, ports) that both import.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'shared-stands-alone',
      comment: 'src-shared is the contract: it imports nothing of ours. What needs more belongs in src-main or src-renderer.',
      severity: 'error',
      from: { path: '^src-shared/' },
      to: { path: '^(src-main|src-renderer|test|scripts)/' },
    },
    {
      name: 'renderer-knows-the-contract-only',
      comment: 'The page imports src-shared only. What it needs of the engine is a command or an event in src-shared/api.ts.',
      severity: 'error',
      from: { path: '^src-renderer/' },
      to: { path: '^(src-main|scripts|test)/' },
    },
    {
      name: 'renderer-has-no-node',
      comment: 'The page has no Node: move this to src-main behind a command.',
      severity: 'error',
      from: { path: '^src-renderer/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'main-never-imports-the-page',
      comment: 'src-main never imports the renderer: shared types belong in src-shared.',
      severity: 'error',
      from: { path: '^src-main/' },
      to: { path: '^src-renderer/' },
    },
    {
      name: 'xml-and-jid-are-the-base',
      comment: 'xml/ and jid/ are base layers: move what needs more into the layer that needs it.',
      severity: 'error',
      from: { path: '^src-main/(xml|jid)/' },
      to: { path: '^src-main/', pathNot: '^src-main/(xml|jid)/' },
    },
    {
      name: 'security-and-pki-are-pure',
      comment:
        'security/ and pki/ take values and give values: stanzas belong in xmpp/, rows in store/, and a service joins them.',
      severity: 'error',
      from: { path: '^src-main/(security|pki)/' },
      to: { path: '^src-main/', pathNot: '^src-main/(security|pki|xml|jid)/' },
    },
    {
      name: 'security-and-pki-do-no-io',
      comment: 'No I/O here: network, files and timers are ports that a service fills.',
      severity: 'error',
      from: { path: '^src-main/(security|pki)/' },
      to: {
        dependencyTypes: ['core'],
        path: '^(node:)?(fs|net|tls|http|https|http2|dns|dgram|child_process|worker_threads|timers|os|process)(/|$)',
      },
    },
    {
      name: 'xmpp-knows-no-security-and-no-store',
      comment: 'xmpp/ carries stanzas: what protects or stores them belongs in a service (chats/, contacts/, accounts/).',
      severity: 'error',
      from: { path: '^src-main/xmpp/' },
      to: { path: ['^src-main/(security|pki|store|keychain|host|ipc|engine|protection)', services] },
    },
    {
      name: 'store-knows-no-stanzas',
      comment: 'store/ keeps rows: what turns them into stanzas or screens belongs in a service.',
      severity: 'error',
      from: { path: '^src-main/(store|keychain)/' },
      to: { path: ['^src-main/(xmpp|host|ipc|engine|protection)', services] },
    },
    {
      name: 'only-the-engine-knows-services',
      comment: 'Nothing imports a service but engine.ts and desk.ts, which give one to the other through an interface.',
      severity: 'error',
      from: { path: '^src-main/', pathNot: ['^src-main/(engine|desk)\\.ts$', services] },
      to: { path: services, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'services-are-strangers',
      comment: 'One service does not import another: desk.ts joins them.',
      severity: 'error',
      from: { path: '^src-main/(accounts|chats|contacts|files|protection|rooms|search)/' },
      to: { path: services, pathNot: '^src-main/$1/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'only-hosts-start-the-engine',
      comment: 'engine.ts is the composition root: only a host (or a test) makes one.',
      severity: 'error',
      from: { path: '^src-main/', pathNot: '^src-main/(host/|main\\.ts$)' },
      to: { path: '^src-main/engine\\.ts$' },
    },
    {
      name: 'electron-in-its-host-only',
      comment:
        'Only host/electron and main.ts import electron: everything else runs under plain Node. Add a function to host/host.ts.',
      severity: 'error',
      from: { path: '^(src-main|src-shared|src-renderer|test|scripts)/', pathNot: '^src-main/(host/electron/|main\\.ts$)' },
      to: { path: '(^|/)node_modules/electron/|^electron$' },
    },
    {
      name: 'electron-types-in-pure-files',
      comment: 'This file is tested without Electron: import its types only.',
      severity: 'error',
      from: { path: '^src-main/host/electron/(security-settings|window-state)\\.ts$' },
      to: { path: '(^|/)node_modules/electron/|^electron$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'sources-need-no-tests',
      comment: 'Code that ships does not import test/ or scripts/.',
      severity: 'error',
      from: { path: '^src-' },
      to: { path: '^(test|scripts)/' },
    },
    {
      name: 'no-development-packages-in-main',
      comment: 'What src-main imports must be in "dependencies": development packages are not shipped.',
      severity: 'error',
      from: { path: '^src-main/', pathNot: '^src-main/(host/electron/|main\\.ts$)' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'nothing-unresolved',
      comment: 'This import leads nowhere.',
      severity: 'error',
      from: { pathNot: '^scripts/' },
      to: { couldNotResolve: true, pathNot: ['^virtua/svelte', '^bits-ui', '^@lucide/svelte'] },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['^dist/', '^out/', '^test/vectors/data/'] },
    enhancedResolveOptions: {
      extensions: ['.ts', '.svelte', '.js', '.mjs', '.cjs', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['svelte', 'import', 'require', 'node', 'default', 'types'],
      mainFields: ['module', 'main', 'types'],
    },
  },
};
