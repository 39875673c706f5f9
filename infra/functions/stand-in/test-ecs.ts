import type { Trigger } from './event.ts';
import type { ServiceCounts, Step } from './plan.ts';
import type { Services } from './reconcile.ts';

/** How long ECS needs for whatever it does (ms). */
const TURN_MS = 20_000;

/**
 * ECS and Application Auto Scaling in memory: a main service with one On-Demand task, the rest on a Spot that
 * comes and goes, a queue that wants tasks, and a stand-in. Nothing happens but in `turn`, and between any two calls.
 */
export class TestEcs implements Services {
  main: ServiceCounts = { desired: 1, running: 1, pending: 0 };
  standIn: ServiceCounts = { desired: 0, running: 0, pending: 0 };
  min = 1;
  max: number;
  /** How many tasks Spot has room for. */
  spot = 100;
  /** For how many tasks there is work. */
  load = 1;
  /** Whether the scaling policies want that many of the main service whatever the stand-in does. */
  isGreedy = false;
  /** Tasks of either service that don't stop when they are told to: they are at work. */
  protectedTasks = 0;
  now = 1_800_000_000_000;
  failedAtMs: number | undefined;
  steadyAtMs: number | undefined;
  standInChangedAtMs: number | undefined;
  /** Every event that was sent, oldest first. */
  readonly events: Trigger[] = [];
  readonly steps: Step[] = [];
  /** The most tasks that ever ran at once. */
  most = 1;
  /** Calls until the caller dies; undefined: it lives. */
  dies: number | undefined;
  /** What happens between two calls of the function. */
  meanwhile: () => void = () => undefined;

  constructor(maxTasks: number) {
    this.max = maxTasks;
  }

  async look() {
    this.#call();
    const { failedAtMs, steadyAtMs, standInChangedAtMs } = this;
    const main = { ...this.main, min: this.min, max: this.max };
    return { main, standIn: { ...this.standIn }, failedAtMs, steadyAtMs, standInChangedAtMs };
  }

  async take(step: Step): Promise<void> {
    this.#call();
    this.steps.push(step);
    switch (step.do) {
      case 'set main max':
        // Application Auto Scaling brings the desired count into the new range, in its own time.
        this.max = step.to;
        return;
      case 'set main desired':
        this.main.desired = step.to;
        return;
      case 'set stand-in desired':
        this.standIn.desired = step.to;
        this.standInChangedAtMs = this.now;
    }
  }

  #call(): void {
    this.meanwhile();
    if (this.dies === undefined) return;
    if (this.dies === 0) throw new Error('broken off');
    this.dies -= 1;
  }

  /** Starting, placing, stopping, and scaling last: its word takes its time to get through. */
  turn(): void {
    this.now += TURN_MS;
    this.#start();
    this.#place();
    this.#stop(this.main);
    if (this.#stop(this.standIn)) this.standInChangedAtMs = this.now;
    this.most = Math.max(this.most, this.main.running + this.standIn.running);
    const isSteady = this.main.running === this.main.desired && this.main.pending === 0;
    if (isSteady && (this.steadyAtMs ?? 0) <= (this.failedAtMs ?? 1)) {
      this.steadyAtMs = this.now;
      this.events.push({ is: 'steady state', atMs: this.now });
    }
    const wanted = this.isGreedy ? this.load : this.load - this.standIn.running;
    this.main.desired = Math.max(this.min, Math.min(wanted, this.max));
  }

  /** Spot takes back what it has no room for any more. */
  interrupt(): void {
    this.main.running = Math.min(this.main.running, 1 + this.spot);
  }

  #start(): void {
    this.main.running += this.main.pending;
    this.main.pending = 0;
    if (this.standIn.pending > 0) this.standInChangedAtMs = this.now;
    this.standIn.running += this.standIn.pending;
    this.standIn.pending = 0;
  }

  #place(): void {
    const lacking = Math.max(0, this.main.desired - this.main.running);
    this.main.pending = Math.min(lacking, Math.max(0, 1 + this.spot - this.main.running));
    if (this.main.pending < lacking) {
      this.failedAtMs = this.now;
      this.events.push({ is: 'placement failure', atMs: this.now });
    }
    this.standIn.pending = Math.max(0, this.standIn.desired - this.standIn.running);
  }

  #stop(service: ServiceCounts): boolean {
    const before = service.running;
    const kept = Math.min(service.running, Math.max(service.desired, this.protectedTasks));
    service.running = kept;
    return kept !== before;
  }
}
