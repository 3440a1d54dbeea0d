import type { Member } from '../entities/member.js';

/** `member.joined`: those who joined, all with this version. */
export interface MemberJoined {
  conversationId: string;
  version: number;
  members: Member[];
}
