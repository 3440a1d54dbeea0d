import type { Member } from '../entities/member.js';

/** `member.updated`: members whose role changed. */
export interface MemberUpdated {
  conversationId: string;
  version: number;
  members: Member[];
}
