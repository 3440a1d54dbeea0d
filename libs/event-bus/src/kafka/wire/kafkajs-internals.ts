import { createRequire } from 'node:module';

/**
 * What this adapter uses of kafkajs: its connections, its authentication and its encoding of the protocol, below its
 * producer and consumer. Those cannot keep the bus's promises: they hide which partition of a request failed, fail all
 * topics because of one, lose a follower's place and commit with a generation that is not the one of the work.
 * The version is pinned, and `kafkajs-internals.spec.ts` fails when an upgrade moves one of these parts.
 */
const load = createRequire(import.meta.url);

export interface WireRequest {
  readonly apiKey: number;
  readonly apiVersion: number;
  /** Its result is what kafkajs calls an Encoder, of which it reads these two. */
  readonly encode?: () => Promise<{ readonly buf: Buffer; readonly buffer: Buffer }>;
}

export interface WireCall {
  readonly request: WireRequest;
  readonly response: {
    readonly decode: (raw: Buffer) => Promise<unknown>;
    readonly parse?: (data: unknown) => unknown;
  };
  readonly requestTimeout?: number;
  readonly logResponseError?: boolean;
}

type Versions = Record<number, { minVersion: number; maxVersion: number }>;

export interface RequestDefinition {
  readonly versions: string[];
  readonly protocol: (options: { version: number }) => (payload?: object) => WireCall;
}

export interface WireConnection {
  readonly socket?: { destroy(): void };
  readonly requestQueue: {
    readonly pending: unknown[];
    scheduleCheckPendingRequests(): void;
    rejectAll(error: Error): void;
  };
  connect(): Promise<unknown>;
  disconnect(): Promise<unknown>;
  authenticate(): Promise<void>;
  isConnected(): boolean;
  setVersions(versions: Versions): void;
  setSupportAuthenticationProtocol(supported: boolean): void;
  send(call: WireCall): Promise<unknown>;
}

export interface WireLogger {
  namespace(name: string): WireLogger;
}

interface LogEntry {
  readonly namespace: string;
  readonly label: string;
  readonly log: { readonly message: string };
}

export const Connection = load('kafkajs/src/network/connection') as new (options: object) => WireConnection;

export const { requests, lookup } = load('kafkajs/src/protocol/requests') as {
  requests: Record<ApiName, RequestDefinition>;
  lookup: (
    versions: Versions,
  ) => (apiKey: number, definition: RequestDefinition) => (payload: object) => WireCall;
};

export const apiKeys = load('kafkajs/src/protocol/requests/apiKeys') as Record<ApiName, number>;

export const { createLogger } = load('kafkajs/src/loggers') as {
  createLogger: (options: { level: number; logCreator: () => (entry: LogEntry) => void }) => WireLogger;
};

export const { createErrorFromCode } = load('kafkajs/src/protocol/error') as {
  createErrorFromCode: (code: number) => Error & { type: string; retriable: boolean };
};

export const { MemberMetadata, MemberAssignment } = load('kafkajs/src/consumer/assignerProtocol') as {
  MemberMetadata: {
    encode(metadata: { version: number; topics: readonly string[] }): Buffer;
    decode(buffer: Buffer): { topics: string[] };
  };
  MemberAssignment: {
    encode(assignment: { version: number; assignment: Record<string, number[]> }): Buffer;
    decode(buffer: Buffer): { assignment: Record<string, number[]> } | null;
  };
};

export const { lookupCodecByAttributes } = load('kafkajs/src/protocol/message/compression') as {
  lookupCodecByAttributes: (attributes: number) => { decompress(compressed: Buffer): Promise<Buffer> } | null;
};

export type ApiName =
  | 'ApiVersions'
  | 'CreateTopics'
  | 'Fetch'
  | 'GroupCoordinator'
  | 'Heartbeat'
  | 'JoinGroup'
  | 'LeaveGroup'
  | 'ListOffsets'
  | 'Metadata'
  | 'OffsetCommit'
  | 'OffsetFetch'
  | 'Produce'
  | 'SyncGroup';
