/** PostgreSQL array literals, made by hand: pg's own conversion costs several times as much on the hot path. */

/** Of values that need no quotes: numbers, UUIDs, and `NULL`. */
export function plainArray(values: readonly (string | number)[]): string {
  return `{${values.join(',')}}`;
}

export function textArray(values: readonly string[]): string {
  let literal = '{';
  for (let i = 0; i < values.length; i++) {
    literal += i === 0 ? '"' : ',"';
    literal += escape(values[i] ?? '');
    literal += '"';
  }
  return literal + '}';
}

const special = /["\\]/;
const allSpecial = /["\\]/g;

function escape(text: string): string {
  return special.test(text) ? text.replace(allSpecial, '\\$&') : text;
}
