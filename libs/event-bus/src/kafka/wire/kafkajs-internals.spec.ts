import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import {
  apiKeys,
  Connection,
  createErrorFromCode,
  createLogger,
  lookup,
  MemberAssignment,
  MemberMetadata,
  requests,
} from './kafkajs-internals.js';

const logger = createLogger({ level: 0, logCreator: () => () => undefined });

test('kafkajs is the version whose inner parts this adapter was written for', () => {
  const file = createRequire(import.meta.url).resolve('kafkajs/package.json');
  expect((JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version).toBe('2.2.4');
});

test('a connection has the parts that are used of it', () => {
  const connection = new Connection({ host: '127.0.0.1', port: 1, logger, requestTimeout: 1 });
  expect(connection.isConnected()).toBe(false);
  expect(connection.requestQueue.pending).toEqual([]);
  expect(typeof connection.requestQueue.scheduleCheckPendingRequests).toBe('function');
  expect(typeof connection.requestQueue.rejectAll).toBe('function');
});

test('every request that is sent is encoded in a version that is known', () => {
  const everything = Object.fromEntries(
    Object.values(apiKeys).map((key) => [key, { minVersion: 0, maxVersion: 99 }]),
  );
  const versionOf = (api: keyof typeof apiKeys, payload: object) =>
    lookup(everything)(apiKeys[api], requests[api])(payload).request.apiVersion;
  expect(versionOf('Fetch', { topics: [] })).toBe(11);
  expect(versionOf('Produce', { topicData: [] })).toBe(7);
  expect(versionOf('Metadata', { topics: [] })).toBe(6);
  expect(versionOf('OffsetCommit', { topics: [] })).toBe(5);
});

test('membership and assignments survive their encoding', () => {
  const metadata = MemberMetadata.encode({ version: 0, topics: ['events', 'signals'] });
  expect(MemberMetadata.decode(metadata).topics).toEqual(['events', 'signals']);
  const assignment = MemberAssignment.encode({ version: 0, assignment: { events: [0, 2] } });
  expect(MemberAssignment.decode(assignment)?.assignment).toEqual({ events: [0, 2] });
});

test('error codes have their names', () => {
  expect(createErrorFromCode(6)).toMatchObject({ type: 'NOT_LEADER_FOR_PARTITION', retriable: true });
});
