import type { Clock } from '@huntaze/core/clock';
import { backoffMs, BETWEEN_POLLS } from './backoff.ts';
import type { Gate } from './gate.ts';
import type { Heartbeat, Lease } from './heartbeat.ts';
import { runLane, type Work } from './lane.ts';
import type { Log } from './log.ts';
import { firstLine } from './outcome.ts';
import type { Held, WorkQueue } from './queue.ts';

export interface Consumption {
  queue: WorkQueue;
  heartbeat: Heartbeat;
  work: Work;
  clock: Clock;
  log: Log;
  /** Lanes worked on at the same time. */
  concurrency: number;
  /** From 0 to below 1. */
  random: () => number;
  /** Nothing is received while it is closed. */
  gate: Gate;
  pulse: Pulse;
}

/** Told how the consuming goes. Neither call may throw. */
export interface Pulse {
  /** The loop has come round: a poll begins (at most every 20 s), or is put off because no lane is free or the site closed. */
  turn(what: 'polling' | 'full' | 'closed'): void;
  /** After each poll: so many messages are held now. */
  holding(messages: number): void;
}

/**
 * Receives messages and works on them in lanes, one lane per group, until `stop` aborts. Polls only while a
 * lane is free, so that what we can't begin stays visible to other tasks. After `stop` no lane begins another
 * message; resolves when the last one under way has ended and everything else has been given back.
 */
export async function consume(consumption: Consumption, stop: AbortSignal): Promise<void> {
  const { queue, heartbeat, clock, log, concurrency, random, gate, pulse } = consumption;
  /** Every group that we hold messages of; those not running wait in the order they came. */
  const lanes = new Map<string, Lease[]>();
  const running = new Map<string, Promise<void>>();
  let laneEnded = Promise.withResolvers<void>();

  function accept(messages: Held[]): void {
    for (const message of messages) {
      const lease = heartbeat.hold(message);
      const lane = lanes.get(message.group);
      if (lane) lane.push(lease);
      else lanes.set(message.group, [lease]);
    }
    startLanes();
  }

  function startLanes(): void {
    for (const [group, lane] of lanes) {
      // After the stop a lane only gives back, and needs no place for that.
      if (running.size >= concurrency && !stop.aborted) return;
      if (running.has(group)) continue;
      running.set(group, run(group, lane));
    }
  }

  async function run(group: string, lane: Lease[]): Promise<void> {
    await runLane(consumption, lane, stop);
    // What was appended while it was giving back is a lane of its own.
    if (lane.length === 0) lanes.delete(group);
    running.delete(group);
    startLanes();
    laneEnded.resolve();
    laneEnded = Promise.withResolvers();
  }

  async function poll(): Promise<void> {
    let failures = 0;
    while (!stop.aborted) {
      if (running.size >= concurrency) {
        pulse.turn('full');
        await laneEnded.promise;
        continue;
      }
      const closedMs = gate.waitMs(clock.now());
      if (closedMs > 0) {
        pulse.turn('closed');
        await clock.sleep(closedMs, stop).catch(() => undefined);
        continue;
      }
      try {
        const receiving = queue.receive(stop);
        pulse.turn('polling');
        accept(await receiving);
        pulse.holding([...lanes.values()].reduce((sum, lane) => sum + lane.length, 0));
        failures = 0;
      } catch (error) {
        if (stop.aborted) return;
        failures += 1;
        const waitMs = backoffMs(BETWEEN_POLLS, failures, random());
        log.error('poll failed', { error: firstLine(error), failures, retry_in_ms: waitMs });
        await clock.sleep(waitMs, stop).catch(() => undefined);
      }
    }
  }

  // Lanes that wait are given back at once, not when the next one ends.
  stop.addEventListener('abort', () => laneEnded.resolve(), { once: true });
  await poll();
  startLanes();
  while (running.size > 0) await Promise.all(running.values());
}
