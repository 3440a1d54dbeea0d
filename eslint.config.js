import nx from '@nx/eslint-plugin';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';

const onlyIn = (name, where) => ({ name, message: `${name} is imported by ${where} only.` });
const guarded = {
  kafkajs: onlyIn('kafkajs', 'libs/event-bus'),
  minio: onlyIn('minio', 'apps/media'),
  firebase: onlyIn('firebase-admin', 'apps/notification'),
  socketio: onlyIn('socket.io', 'apps/gateway'),
};
const noImportsOf = (...names) => ['error', { paths: names }];
const environmentReads = [
  'error',
  {
    selector: "MemberExpression[object.name='process'][property.name='env']",
    message: 'The environment is read in config.ts only.',
  },
  {
    // tsc writes Object as the type of such a parameter, where the compiler of the tests writes the class.
    selector: 'TSParameterProperty TSQualifiedName[left.name="pg"]',
    message:
      "Import the class itself (import { Pool } from 'pg'): Nest cannot inject by a member of an import.",
  },
];

export default tseslint.config(
  { ignores: ['**/dist', '**/generated', '**/node_modules', '.nx'] },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { '@nx': nx },
    rules: {
      'max-lines': ['error', { max: 400 }],
      'max-lines-per-function': ['error', { max: 80 }],
      'no-restricted-imports': noImportsOf(...Object.values(guarded)),
      'no-restricted-syntax': environmentReads,
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'inline-type-imports', prefer: 'type-imports' },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/require-await': 'off',
      'no-empty': ['error', { allowEmptyCatch: false }],
      '@nx/enforce-module-boundaries': [
        'error',
        {
          // Names of package.json's "imports": one file for browsers, another for Node. A regular expression.
          allow: ['^#'],
          depConstraints: [
            { sourceTag: 'type:contracts', onlyDependOnLibsWithTags: [] },
            { sourceTag: 'type:lib', onlyDependOnLibsWithTags: ['type:contracts', 'type:lib'] },
            { sourceTag: 'type:app', onlyDependOnLibsWithTags: ['type:contracts', 'type:lib'] },
            {
              sourceTag: 'type:standalone',
              onlyDependOnLibsWithTags: ['type:contracts', 'type:lib', 'type:app'],
            },
            { sourceTag: 'type:tool', onlyDependOnLibsWithTags: ['type:contracts', 'type:lib', 'type:tool'] },
          ],
        },
      ],
    },
  },
  {
    // Nest resolves constructor parameters from the types it sees at run time, so these must stay value imports.
    files: ['apps/**/*.ts', 'libs/service/**/*.ts'],
    rules: { '@typescript-eslint/consistent-type-imports': 'off' },
  },
  {
    files: ['**/*.spec.ts', '**/*.e2e-spec.ts', '**/*.suite.ts'],
    rules: {
      'max-lines-per-function': 'off',
      // They hand theirs to the processes that they start.
      'no-restricted-syntax': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  { files: ['**/config.ts'], rules: { 'no-restricted-syntax': 'off' } },
  { files: ['e2e/**/*.ts', 'tools/**/*.ts'], rules: { 'no-restricted-syntax': 'off' } },
  {
    files: ['libs/event-bus/**/*.ts'],
    rules: { 'no-restricted-imports': noImportsOf(guarded.minio, guarded.firebase, guarded.socketio) },
  },
  {
    files: ['apps/gateway/**/*.ts'],
    rules: { 'no-restricted-imports': noImportsOf(guarded.kafkajs, guarded.minio, guarded.firebase) },
  },
  prettier,
);
