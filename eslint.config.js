import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';

/** What no file of ours does, whatever its language. */
const law = {
  eqeqeq: ['error', 'always'],
  'no-eval': 'error',
  'no-implied-eval': 'error',
  'no-new-func': 'error',
  'no-var': 'error',
  'prefer-const': 'error',
  'no-empty': ['error', { allowEmptyCatch: false }],
  'no-control-regex': 'off', // XML and PRECIS are about control characters
};

const typed = {
  '@typescript-eslint/no-floating-promises': 'error',
  '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { attributes: false } }],
  '@typescript-eslint/no-explicit-any': 'error',
  '@typescript-eslint/no-non-null-assertion': 'error',
  '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
  '@typescript-eslint/consistent-type-imports': 'error',
  '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
  '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true }],
  '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true, ignoreVoidOperator: true }],
  // Stanzas and other wire data are records; index signatures are read with brackets (tsconfig).
  '@typescript-eslint/dot-notation': 'off',
  '@typescript-eslint/prefer-nullish-coalescing': 'off',
};

/** The page has a TypeScript project of its own. */
const page = ['src-renderer/**/*.ts', 'test/renderer/**/*.ts'];
const pageParser = {
  project: ['./tsconfig.renderer.json'],
  projectService: false,
  tsconfigRootDir: import.meta.dirname,
  extraFileExtensions: ['.svelte'],
};

export default ts.config(
  { ignores: ['node_modules/', 'dist/', 'out/', 'release/', 'coverage/', 'test/vectors/data/'] },
  js.configs.recommended,
  { rules: law },
  {
    files: ['**/*.ts'],
    ignores: page,
    extends: [ts.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { projectService: { allowDefaultProject: ['*.ts'] }, tsconfigRootDir: import.meta.dirname },
    },
    rules: typed,
  },
  {
    files: page,
    extends: [ts.configs.strictTypeChecked],
    languageOptions: { globals: globals.browser, parserOptions: pageParser },
    rules: typed,
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    extends: [ts.configs.strictTypeChecked, svelte.configs.recommended],
    languageOptions: { globals: globals.browser, parserOptions: { ...pageParser, parser: ts.parser } },
    rules: {
      ...typed,
      // Markup from a string would undo the policy that keeps peers' text text.
      'svelte/no-at-html-tags': 'error',
      // Another component's type is unknown to this parser; svelte-check knows it and checks what these would.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-redundant-type-constituents': 'off',
      '@typescript-eslint/restrict-plus-operands': 'off',
      // Indexes that no screen reads are plain maps on purpose.
      'svelte/prefer-svelte-reactivity': 'off',
      'svelte/require-each-key': 'error',
      // $props() destructuring reads as a let.
      'prefer-const': 'off',
    },
  },
  {
    files: ['src-main/**/*.ts', 'src-shared/**/*.ts'],
    rules: {
      'no-console': 'error',
      // Ports, not globals: clock and randomness are parameters (style rule 10).
    },
  },
  {
    files: ['src-main/security/**/*.ts', 'src-main/pki/**/*.ts', 'src-main/xml/**/*.ts', 'src-main/jid/**/*.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'The clock is a parameter here (security/ports.ts).' },
        { object: 'Math', property: 'random', message: 'Randomness is a parameter here (security/ports.ts), and never Math’s.' },
      ],
      'no-restricted-globals': [
        'error',
        { name: 'setTimeout', message: 'This layer is pure: a service owns the timers.' },
        { name: 'setInterval', message: 'This layer is pure: a service owns the timers.' },
        { name: 'fetch', message: 'This layer does no I/O.' },
      ],
    },
  },
  {
    files: ['src-main/**/*.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: "CallExpression[callee.object.name='Math'][callee.property.name='random']",
          message: 'Use the system’s randomness.',
        },
      ],
    },
  },
  {
    // Tests say any() and poke at private corners; the promise rules stay.
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    files: ['**/*.mjs', '**/*.cjs', '*.js'],
    extends: [ts.configs.disableTypeChecked],
    languageOptions: { globals: globals.node },
    rules: { 'no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrorsIgnorePattern: '^_' }] },
  },
);
