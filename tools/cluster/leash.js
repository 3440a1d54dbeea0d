// Loaded into each service process that the cluster starts (node --import): standard input is a pipe that only the
// cluster's process holds open. When that process is gone, however it ended, so is this one.
process.stdin.on('end', () => process.exit(1));
process.stdin.on('error', () => process.exit(1));
process.stdin.resume();
process.stdin.unref();
