import { setTimeout as sleep } from 'node:timers/promises';
import { Churn } from './churn.js';
import { runReceipts } from './receipts.js';
import { type LoadReply, type LoadRequest, type LoadRequestName, type LoadRequests } from './requests.js';
import { Storm } from './storm.js';
import { runSync } from './sync.js';
import { Traffic } from './traffic.js';
import { writeFileSync } from 'node:fs';
import { serialize } from 'node:v8';

/** Longer than the gateway takes to give up on a command. */
const PATIENCE_MS = 8_000;

/** What goes on from one request to the next. */
let traffic: { running: Traffic; recordingFile: string } | undefined;
let storm: Storm | undefined;
let churn: Churn | undefined;

type Handlers = {
  [Name in LoadRequestName]: (
    given: LoadRequests[Name]['given'],
  ) => Promise<LoadRequests[Name]['answer']> | LoadRequests[Name]['answer'];
};

const handlers: Handlers = {
  sync: runSync,
  receipts: runReceipts,
  connectStorm: async (load) => {
    storm = new Storm(load);
    await storm.connect();
    return null;
  },
  rideStorm: ({ withinMs }) => begun(storm, 'storm').ride(withinMs),
  endStorm: () => {
    begun(storm, 'storm').end();
    storm = undefined;
    return null;
  },
  beginTraffic: async (load) => {
    traffic = { running: new Traffic(load), recordingFile: load.recordingFile };
    await traffic.running.fleet.connectAll();
    traffic.running.start();
    return null;
  },
  measureTraffic: ({ seconds }) => begun(traffic, 'traffic').running.interval(seconds, PATIENCE_MS, sleep),
  switchReceipts: ({ on }) => {
    begun(traffic, 'traffic').running.receiptsOn = on;
    return null;
  },
  endTraffic: async () => {
    const { running, recordingFile } = begun(traffic, 'traffic');
    const result = await running.finish(await running.measure(0, sleep), PATIENCE_MS, sleep);
    running.fleet.closeAll();
    writeFileSync(recordingFile, serialize(running.recording()));
    return result;
  },
  beginChurn: (load) => {
    churn = new Churn(load);
    churn.start();
    return null;
  },
  endChurn: () => {
    const result = begun(churn, 'churn').end();
    churn = undefined;
    return result;
  },
};

process.on('message', (request: LoadRequest) => {
  const tell = (reply: LoadReply) => process.send?.(reply);
  Promise.resolve()
    .then(() => (handlers[request.name] as (given: LoadRequest['given']) => unknown)(request.given))
    .then(
      (answer) => tell({ ok: true, answer }),
      (error: unknown) => tell({ ok: false, reason: error instanceof Error ? error.message : String(error) }),
    );
});
process.on('disconnect', () => process.exit(0));

function begun<Work>(work: Work | undefined, name: string): Work {
  if (work === undefined) throw new Error(`no ${name} has begun`);
  return work;
}
