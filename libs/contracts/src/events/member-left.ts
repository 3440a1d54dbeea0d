import type { Member } from '../entities/member.js';

/** `member.left`: who left or was removed, and whoever became owner by it. */
export interface MemberLeft {
  conversationId: string;
  version: number;
  members: Member[];
}
