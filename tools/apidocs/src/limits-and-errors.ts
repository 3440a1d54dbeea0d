import { errorTable, type Limit, limits, timing } from '@parley/contracts';

const heading = `# Limits and errors

Written by \`npm run apidocs\` from [limits.ts](../../libs/contracts/src/limits.ts) and
[errors.ts](../../libs/contracts/src/errors.ts): change those, not this page.
`;

const errorsIntro = `## Errors

One table for REST and sockets. REST answers \`{"error": {…}}\` with the status; an ack is \`{"ok": false, "error": {…}}\`. An error is
\`{code, message, retryable, outcome, retryAfterMs?, requestId, details?}\`: \`message\` is a sentence for people that says what to
do, \`requestId\` finds the request in the logs, \`details\` has what else is known (such as every problem of a malformed body, as
\`{field, problem}\`).

\`outcome\` says what that attempt came to. \`none\`: it did not happen and will not. \`unknown\`: it may have happened or may yet (a
time-out, a lost reply): send it again with the same id, which settles it. \`retryable\` below is the usual answer; the one in the
error counts.
`;

const limitsIntro = `## Limits

Beyond a limit of size or number the answer is \`TOO_LARGE\` or \`INVALID\`, beyond a limit of pace \`RATE_LIMITED\` with
\`retryAfterMs\`. What a gateway enforces can be set there up to the maximum, by an environment variable
([configuration](../configuration.md)); \`session.ready\` tells clients the values in force.
`;

const timesIntro = `## Times

They hang together and are not configurable.
`;

/** @param limitsSource the text of limits.ts: what a time means stands in the comment above it */
export function limitsAndErrorsPage(limitsSource: string): string {
  const errors = Object.entries(errorTable).map(([code, { status, retryable, meaning }]) => [
    `\`${code}\``,
    String(status),
    retryable ? 'yes' : 'no',
    meaning,
  ]);
  const bounds = Object.entries(limits).map(([name, limit]: [string, Limit]) => [
    `\`${name}\``,
    number(limit.default),
    number(limit.max),
    limit.unit,
    limit.variable === undefined ? '–' : `\`${limit.variable}\``,
    limit.reason,
  ]);
  const times = Object.entries(timing).map(([name, value]) => [
    `\`${name}\``,
    name.endsWith('Ms') ? duration(value) : number(value),
    meaningOf(name, limitsSource),
  ]);
  return [
    heading,
    errorsIntro,
    table(['code', 'status', 'retryable', 'meaning'], errors),
    limitsIntro,
    table(['limit', 'default', 'maximum', 'unit', 'set by', 'reason'], bounds),
    timesIntro,
    table(['time', 'value', 'meaning'], times),
  ].join('\n');
}

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |\n`;
  return line(head) + line(head.map(() => '---')) + rows.map(line).join('');
}

function meaningOf(name: string, source: string): string {
  const comment = new RegExp(`/\\*\\* ([^\\n]+) \\*/\\n  ${name}:`).exec(source)?.[1];
  if (comment === undefined)
    throw new Error(`timing.${name} has no comment above it that says what it means`);
  return comment;
}

const number = (value: number): string => value.toLocaleString('en-US');

const units = [
  ['days', 86_400_000, 2],
  ['minutes', 60_000, 2],
  ['s', 1_000, 1],
] as const;

function duration(ms: number): string {
  const [unit, length] = units.find(([, each, least]) => ms >= least * each && ms % each === 0) ?? ['ms', 1];
  return `${number(ms / length)} ${unit}`;
}
