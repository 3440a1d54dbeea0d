/** Where a bus reports what goes wrong inside it and mends itself. */
export type BusLog = (level: 'info' | 'warn' | 'error', message: string, details?: object) => void;

export const silent: BusLog = () => undefined;
