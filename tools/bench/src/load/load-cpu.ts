/** Returns what tells how much CPU time this process has taken since, in seconds. */
export function startLoadCpu(): () => number {
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e6;
  };
}
