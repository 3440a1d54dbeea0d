import { Injectable } from '@nestjs/common';
import { type AccountEventRecord } from '@parley/contracts';
import { type Prisma } from '@parley/database';

/** Facts about accounts, written in the transaction that makes them true and published from there. */
@Injectable()
export class AccountOutbox {
  private listener: () => void = () => undefined;

  /**
   * Facts of one user are published in the order of the transactions, if those lock the same row before they append.
   * Call `told` after the commit.
   */
  async append(tx: Prisma.TransactionClient, record: AccountEventRecord): Promise<void> {
    await tx.accountOutbox.create({ data: { userId: record.userId, record: JSON.stringify(record) } });
  }

  /** Something was committed. Not calling it only means waiting for the next look. */
  told(): void {
    this.listener();
  }

  onTold(listener: () => void): void {
    this.listener = listener;
  }
}
