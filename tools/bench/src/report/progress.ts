/** What goes on, for whoever waits; results alone go to standard output. */
export function progress(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
}
