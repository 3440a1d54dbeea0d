export { Membership } from './membership.js';
export { type MembershipLog, MembershipProjection } from './membership-projection.js';
export { type MemberRow, readMemberRows } from './member-row.js';
