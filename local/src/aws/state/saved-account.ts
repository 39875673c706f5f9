import { hash } from 'node:crypto';
import type { MemoryKind, SavedAccount, SavedQueue } from '../sqs/journal.ts';
import { parseAttributes } from '../sqs/message-attributes.ts';
import type { Message, MessageState } from '../sqs/message.ts';
import type { MoveTask } from '../sqs/move-tasks.ts';
import type { StateFile } from './state-file.ts';

interface QueueRow {
  name: string;
  attributes: string;
  tags: string;
  move_tasks: string;
  created_at: number;
  modified_at: number;
  purged_at: number | null;
}

interface MessageRow {
  number: number;
  id: string;
  sent_at: number;
  sequence_number: string | null;
  group_id: string | null;
  deduplication_id: string | null;
  attributes: string;
  system_attributes: string;
  body: string;
  queue: string;
  state: MessageState['is'];
  until: number | null;
  received_at: number | null;
  place: number;
  receive_count: number;
  first_received_at: number | null;
  enqueued_at: number;
  dead_letter_source: string | null;
}

/**
 * Reads what {@link QueueJournal} has written.
 * @throws StateFileError if it can't be read
 */
export function loadAccount(file: StateFile): SavedAccount {
  return file.read(() => {
    const rows = <Row>(sql: string) => file.prepare(sql).iterate() as Iterable<Row>;
    const queues = new Map<string, SavedQueue>();
    for (const row of rows<QueueRow>('SELECT * FROM queue'))
      queues.set(row.name, {
        name: row.name,
        attributes: new Map(JSON.parse(row.attributes) as [string, string][]),
        tags: new Map(JSON.parse(row.tags) as [string, string][]),
        moveTasks: JSON.parse(row.move_tasks) as MoveTask[],
        createdAt: row.created_at,
        modifiedAt: row.modified_at,
        purgedAt: row.purged_at ?? -Infinity,
        messages: [],
        turns: new Map(),
        memories: { deduplication: [], attempt: [] },
      });
    for (const row of rows<MessageRow>(
      'SELECT * FROM message_state JOIN message_content USING (number) ORDER BY number',
    ))
      queues.get(row.queue)?.messages.push(messageOf(row));
    for (const row of rows<{ queue: string; group_id: string; turn: number }>('SELECT * FROM fifo_turn'))
      queues.get(row.queue)?.turns.set(row.group_id, row.turn);
    for (const row of rows<{
      queue: string;
      kind: MemoryKind;
      key: string;
      forget_at: number;
      value: string;
    }>('SELECT * FROM memory ORDER BY forget_at'))
      queues
        .get(row.queue)
        ?.memories[row.kind].push([row.key, { value: JSON.parse(row.value), forgetAt: row.forget_at }]);
    const last = file.prepare('SELECT number FROM last_order').get() as { number: number };
    const deleted = new Map<string, number>();
    for (const row of rows<{ name: string; deleted_at: number }>('SELECT * FROM deleted_queue'))
      deleted.set(row.name, row.deleted_at);
    return { lastOrder: last.number, queues: [...queues.values()], deleted };
  });
}

function messageOf(row: MessageRow): Message {
  return {
    number: row.number,
    id: row.id,
    queue: row.queue,
    body: row.body,
    md5OfBody: hash('md5', row.body),
    attributes: parseAttributes(row.attributes),
    systemAttributes: parseAttributes(row.system_attributes),
    groupId: row.group_id ?? undefined,
    deduplicationId: row.deduplication_id ?? undefined,
    sentAt: row.sent_at,
    sequenceNumber: row.sequence_number ?? undefined,
    enqueuedAt: row.enqueued_at,
    place: row.place,
    receiveCount: row.receive_count,
    firstReceivedAt: row.first_received_at ?? undefined,
    deadLetterSource: row.dead_letter_source ?? undefined,
    state: stateOf(row),
    entries: {},
  };
}

function stateOf(row: MessageRow): MessageState {
  if (row.state === 'available') return { is: 'available' };
  const until = row.until ?? 0;
  return row.state === 'delayed'
    ? { is: 'delayed', until }
    : { is: 'inFlight', receivedAt: row.received_at ?? 0, until };
}
