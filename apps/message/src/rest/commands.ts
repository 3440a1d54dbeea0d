import { createParamDecorator, type ExecutionContext, Injectable } from '@nestjs/common';
import { type CommandKind, type CommandOf, idSchema, Refusal } from '@parley/contracts';
import { randomUUID } from 'node:crypto';
import { type IncomingMessage } from 'node:http';
import { type CommandData, CommandSender, type CommandWish } from '../inbound/command-sender.js';
import { refusalIn } from '../messages/command-result.js';

/** Changes of conversations that are asked for by REST. */
@Injectable()
export class Commands {
  constructor(private readonly sender: CommandSender) {}

  /** @throws Refusal the answer of whoever decides, when it is a no */
  async carryOut<Kind extends CommandKind>(
    kind: Kind,
    command: Omit<CommandOf<Kind>, 'kind' | 'origin'>,
  ): Promise<CommandData[Kind]> {
    const ack = await this.sender.submit({ kind, ...command } as CommandWish<Kind>);
    if (ack.ok) return ack.data;
    throw refusalIn(ack.error);
  }
}

/** The id of the command: the caller's `Idempotency-Key`, so that a repetition is the same change, or a new one. */
export const CommandId = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  const given = context.switchToHttp().getRequest<IncomingMessage>().headers['idempotency-key'];
  if (given === undefined) return randomUUID();
  const { success, data } = idSchema.safeParse(given);
  if (!success) throw new Refusal('INVALID', 'The header Idempotency-Key must be a UUID in lower case.');
  return data;
});
