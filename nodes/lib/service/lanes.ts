// Lanes: whose members run one after the other, in order of arrival (the messages of one conversation, or of a node in
// `queued` mode). They span all queues: a conversation may be held with several services.

/** A place in a lane. */
export interface LaneMember {
  lane?: string;
  /** Its turn in the lane may have come: its queue looks for what can begin. */
  advance(): void;
}

/** Who is in a lane, in order of arrival. */
const lanes = new Map<string, LaneMember[]>();

export function enterLane(member: LaneMember, lane: string): void {
  member.lane = lane;
  const others = lanes.get(lane);
  if (others) others.push(member);
  else lanes.set(lane, [member]);
}

/** Whether nobody in its lane came before it. One in no lane waits for nobody. */
export function isFirstInLane(member: LaneMember): boolean {
  return member.lane === undefined || lanes.get(member.lane)?.[0] === member;
}

export function leaveLane(member: LaneMember): void {
  const lane = member.lane === undefined ? undefined : lanes.get(member.lane);
  if (member.lane === undefined || !lane) return;
  lane.splice(lane.indexOf(member), 1);
  if (lane.length === 0) lanes.delete(member.lane);
  // It may wait in another queue.
  lane[0]?.advance();
}
