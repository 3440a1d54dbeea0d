import { type Conversation, type MemberRole } from '@parley/contracts';

/** Someone who is a member now. */
export interface ActiveMember {
  readonly role: MemberRole;
  readonly joinedVersion: number;
  readonly visibleFromSeq: number;
}

/** What only direct conversations have. */
export interface DirectStanding {
  /** False where a block made it: nobody is shown it before it has a message, or somebody creates it. */
  readonly isListed: boolean;
  /** Who of the two blocks the other: nothing is sent while anybody does. */
  readonly blockedBy: readonly string[];
}

const unblocked: DirectStanding = { isListed: true, blockedBy: [] };

/**
 * A conversation as this process last saw it. Decisions are made from it, and hold only if the database still has
 * the same version when they are written: that comparison is the fence.
 */
export class ConversationState {
  /** Goes up when the members change. */
  membership = 0;
  private latestJoin = 0;
  private latestVisible = 0;

  constructor(
    /** As clients see it; `version` and `lastSeq` in it go up with each change. */
    readonly conversation: Conversation,
    readonly members: Map<string, ActiveMember>,
    public direct: DirectStanding = unblocked,
  ) {
    for (const member of members.values()) this.noteBounds(member);
  }

  get id(): string {
    return this.conversation.id;
  }

  get version(): number {
    return this.conversation.version;
  }

  get lastSeq(): number {
    return this.conversation.lastSeq;
  }

  /** For its members it does not exist yet. */
  get isHidden(): boolean {
    return !this.direct.isListed && this.lastSeq === 0;
  }

  get isBlocked(): boolean {
    return this.direct.blockedBy.length > 0;
  }

  advance(versions: number, seqs: number): void {
    this.conversation.version += versions;
    this.conversation.lastSeq += seqs;
  }

  setMember(userId: string, member: ActiveMember): void {
    this.members.set(userId, member);
    this.noteBounds(member);
    this.membership += 1;
  }

  removeMember(userId: string): void {
    this.members.delete(userId);
    this.membership += 1;
  }

  /** True where every member had joined by that version and may see that message: the normal case. */
  isForAllMembers(version: number, seq: number): boolean {
    return version >= this.latestJoin && seq >= this.latestVisible;
  }

  private noteBounds(member: ActiveMember): void {
    this.latestJoin = Math.max(this.latestJoin, member.joinedVersion);
    this.latestVisible = Math.max(this.latestVisible, member.visibleFromSeq);
  }
}
