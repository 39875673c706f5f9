import {
  arnFormat,
  invalidParameter,
  invalidValue,
  moveTaskDoesNotExist,
  resourceDoesNotExist,
} from './errors.ts';
import type { Queue } from './queue.ts';

/** How many tasks of a queue are remembered: as many as AWS lists. */
export const MAX_MOVE_TASKS = 10;
/** The fastest pace that can be asked for. Messages per second. */
const MAX_PER_SECOND = 500;

/** A task that moves messages out of a dead-letter queue. Times are milliseconds since the epoch. */
export interface MoveTask {
  id: string;
  /** Undefined: each message goes back to the queue it was dead-lettered from. */
  destinationArn: string | undefined;
  /** Undefined: as fast as can be. */
  perSecond: number | undefined;
  startedAt: number;
  /** How many messages were there to be moved when it started. */
  toMove: number;
  moved: number;
  /** AWS also knows CANCELLING, which here is over as soon as it begins. */
  status: 'RUNNING' | 'COMPLETED' | 'CANCELLED' | 'FAILED';
  failureReason: string | undefined;
}

/** What move tasks need of the account they are in. */
export interface MoveSurroundings {
  findByArn: (arn: string) => Queue | undefined;
  /** Whether some queue names this one as its dead-letter queue. */
  isDeadLetterQueue: (arn: string) => boolean;
  /** Something about a queue's tasks has changed. */
  changed: (queue: Queue) => void;
}

/**
 * The move tasks of an account (StartMessageMoveTask). Like a queue they know no clock: {@link advance}
 * lets happen what is due. A task moves what is available until it has moved as many as there were when it started
 * or finds no more, the oldest first: SQS "redrives messages in the order they are received, starting with the
 * oldest message" (Developer Guide, "Learn how to configure a dead-letter queue redrive"). One that runs when the
 * process ends goes on after the next start.
 *
 * What happens to a FIFO group with a message in flight AWS doesn't say. Going past that message would break the
 * group's order, and ending there would leave messages that nobody holds: so the group is passed by until it opens,
 * and the task is RUNNING as long. What is in flight counts as to be moved there, as it will be if it comes back.
 */
export class MoveTasks {
  readonly #around: MoveSurroundings;
  readonly #newId: () => string;
  readonly #running = new Set<Queue>();

  /** @param queues those with tasks that were running in an earlier life */
  constructor(around: MoveSurroundings, newId: () => string, queues: Iterable<Queue>) {
    this.#around = around;
    this.#newId = newId;
    for (const queue of queues) if (runningTask(queue) !== undefined) this.#running.add(queue);
  }

  /**
   * Starts a task, and moves everything at once if it has no pace.
   * @throws ResourceNotFoundException, InvalidParameterValue
   */
  start(
    wanted: { sourceArn: string; destinationArn: string | undefined; perSecond: number | undefined },
    now: number,
  ): { handle: string } {
    const { sourceArn, destinationArn, perSecond } = wanted;
    const source = this.#queue(sourceArn, 'SourceArn');
    if (perSecond !== undefined && (perSecond < 1 || perSecond > MAX_PER_SECOND))
      throw invalidValue(perSecond, 'MaxNumberOfMessagesPerSecond', 'Must be between 1 and 500.');
    if (!this.#around.isDeadLetterQueue(sourceArn))
      throw invalidParameter('Source queue must be configured as a Dead Letter Queue.');
    if (destinationArn === sourceArn)
      throw invalidParameter('Source queue arn and destination queue arn cannot be the same.');
    if (destinationArn !== undefined && this.#queue(destinationArn, 'DestinationArn').fifo !== source.fifo)
      throw invalidParameter('The source queue and destination queue must be of the same queue type.');
    if (this.#running.has(source))
      throw invalidParameter(
        'There is already a task running. Only one active task is allowed for a source queue arn at a given time.',
      );
    const task: MoveTask = {
      id: this.#newId(),
      destinationArn,
      perSecond,
      startedAt: now,
      toMove: messagesToMove(source, now),
      moved: 0,
      status: 'RUNNING',
      failureReason: undefined,
    };
    source.moveTasks.unshift(task);
    source.moveTasks.splice(MAX_MOVE_TASKS);
    this.#running.add(source);
    this.#around.changed(source);
    this.advance(now);
    return { handle: handleOf(source, task) };
  }

  /**
   * Ends a running task where it is; what it has moved stays moved.
   * @returns how many messages that is
   * @throws InvalidParameterValue for what never was a handle, ResourceNotFoundException for a task that doesn't run
   */
  cancel(handle: string): number {
    const { sourceArn, taskId } = readHandle(handle);
    const source = this.#queue(sourceArn, 'SourceArn');
    const task = runningTask(source);
    if (task === undefined || task.id !== taskId) throw moveTaskDoesNotExist();
    this.#end(source, task, 'CANCELLED');
    return task.moved;
  }

  /**
   * A queue's tasks, the newest first; of one that runs, the handle to cancel it by.
   * @throws ResourceNotFoundException
   */
  list(sourceArn: string): { task: MoveTask; handle: string | undefined }[] {
    const source = this.#queue(sourceArn, 'SourceArn');
    return source.moveTasks.map(task => ({
      task,
      handle: task.status === 'RUNNING' ? handleOf(source, task) : undefined,
    }));
  }

  /** Moves what is due by `now`. */
  advance(now: number): void {
    for (const source of this.#running) {
      const task = runningTask(source);
      if (task !== undefined) this.#run(source, task, now);
    }
  }

  /** When the next message is due to be moved; undefined if none is. */
  get nextMoveAt(): number | undefined {
    let next: number | undefined;
    for (const source of this.#running) {
      const task = runningTask(source);
      if (task === undefined) continue;
      // One that is held up is looked at after each action, and when time alone changes something.
      const at = source.isHeldUp ? Math.max(dueAt(task), source.nextChangeAt() ?? 0) : dueAt(task);
      next = Math.min(next ?? Infinity, at);
    }
    return next;
  }

  /** `queue` is no more, and its tasks with it. */
  forget(queue: Queue): void {
    this.#running.delete(queue);
  }

  #run(source: Queue, task: MoveTask, now: number): void {
    const before = task.moved;
    for (;;) {
      const message = task.moved < task.toMove ? source.peek(now) : undefined;
      if (message === undefined) {
        if (task.moved < task.toMove && source.isHeldUp) break;
        return this.#end(source, task, 'COMPLETED');
      }
      if (dueAt(task) > now) break;
      // The reasons as in "DLQ and DLQ redrive issues" of the Developer Guide.
      const arn = task.destinationArn ?? message.deadLetterSource;
      if (arn === undefined) return this.#end(source, task, 'FAILED', 'CouldNotDetermineMessageSource');
      const destination = this.#around.findByArn(arn);
      if (destination === undefined)
        return this.#end(source, task, 'FAILED', 'AWS.SimpleQueueService.NonExistentQueue');
      source.moveTo(destination, message, now);
      task.moved += 1;
    }
    if (task.moved > before) this.#around.changed(source);
  }

  #end(source: Queue, task: MoveTask, status: MoveTask['status'], failureReason?: string): void {
    task.status = status;
    task.failureReason = failureReason;
    this.#running.delete(source);
    this.#around.changed(source);
  }

  #queue(arn: string, name: 'SourceArn' | 'DestinationArn'): Queue {
    if (arn.split(':').length !== 6 || !arn.startsWith('arn:')) throw arnFormat(name);
    const queue = this.#around.findByArn(arn);
    if (queue === undefined) throw resourceDoesNotExist(name);
    return queue;
  }
}

function messagesToMove(source: Queue, now: number): number {
  const { available, inFlight } = source.counts(now);
  return source.fifo ? available + inFlight : available;
}

function runningTask(queue: Queue): MoveTask | undefined {
  return queue.moveTasks.find(({ status }) => status === 'RUNNING');
}

/** When the next message of `task` may be moved: the first one at once, the others at an even pace. */
function dueAt({ perSecond, startedAt, moved }: MoveTask): number {
  return perSecond === undefined ? startedAt : startedAt + Math.ceil((moved * 1_000) / perSecond);
}

/** Opaque to clients, as AWS's are; they carry the same two things. */
function handleOf(source: Queue, task: MoveTask): string {
  return Buffer.from(JSON.stringify({ taskId: task.id, sourceArn: source.arn })).toString('base64');
}

function readHandle(handle: string): { taskId: string; sourceArn: string } {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(handle, 'base64').toString('utf8'));
    const { taskId, sourceArn } = parsed as { taskId?: unknown; sourceArn?: unknown };
    if (typeof taskId === 'string' && typeof sourceArn === 'string') return { taskId, sourceArn };
  } catch {
    // No JSON, so none of ours: refused below.
  }
  throw invalidParameter('Value for parameter TaskHandle is invalid.');
}
