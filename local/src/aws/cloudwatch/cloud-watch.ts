import type { AlarmDefinition, Places } from '@huntaze/core/alarms';
import { lookAt, unlookedAt, type AlarmStatus } from './alarm.ts';
import { datapointsIn } from './emf.ts';
import { MetricStore } from './metric-store.ts';

/** An alarm, and how it is. */
export interface Alarm {
  definition: AlarmDefinition;
  status: AlarmStatus;
}

/** An alarm has come into another state. */
export interface AlarmNews {
  name: string;
  state: AlarmStatus['state'];
  before: AlarmStatus['state'];
  value?: number | undefined;
  threshold: number;
  description: string;
  reason: string;
}

/** What SQS tells of a queue, every minute. */
export interface QueueMeasure {
  name: string;
  visible: number;
  inFlight: number;
  delayed: number;
  /** Of the oldest message, in seconds; undefined in an empty queue: SQS says nothing then. */
  oldestAge: number | undefined;
}

/** Metrics and alarms of an account. Knows neither clock nor wire; nothing of it outlives the process. */
export class CloudWatch {
  readonly store = new MetricStore();
  readonly places: Places;
  readonly #alarms: Alarm[];

  /** @param now milliseconds since the epoch */
  constructor(alarms: readonly AlarmDefinition[], places: Places, now: number) {
    this.places = places;
    this.#alarms = alarms.map(definition => ({ definition, status: unlookedAt(definition, now) }));
  }

  /** Sorted by name, as CloudWatch answers. */
  get alarms(): readonly Alarm[] {
    return this.#alarms.toSorted((a, b) => (a.definition.name < b.definition.name ? -1 : 1));
  }

  /** Takes in what log lines tell, in the Embedded Metric Format. */
  hear(lines: Iterable<string>, now: number): void {
    for (const line of lines) for (const point of datapointsIn(line)) this.store.put(point, now);
  }

  /** Takes in what SQS tells of its queues at the end of a minute: it counts for the minute that ends. */
  measure(queues: Iterable<QueueMeasure>, now: number): void {
    for (const { name, visible, inFlight, delayed, oldestAge } of queues) {
      const values = {
        ApproximateNumberOfMessagesVisible: visible,
        ApproximateNumberOfMessagesNotVisible: inFlight,
        ApproximateNumberOfMessagesDelayed: delayed,
        ...(oldestAge !== undefined && { ApproximateAgeOfOldestMessage: oldestAge }),
      };
      for (const [metric, value] of Object.entries(values))
        this.store.put(
          { namespace: 'AWS/SQS', name: metric, dimensions: { QueueName: name }, value, at: now - 1 },
          now,
        );
    }
  }

  /**
   * Looks at every alarm.
   * @param minute the beginning of the minute that isn't over
   * @returns those whose state is another than before
   */
  look(minute: number): AlarmNews[] {
    this.store.forget(minute);
    const around = { store: this.store, places: this.places, now: minute };
    return this.#alarms.flatMap(alarm => {
      const { definition, status: before } = alarm;
      alarm.status = lookAt(definition, around, before);
      const { state, value, reason } = alarm.status;
      if (state === before.state) return [];
      const { name, threshold, description } = definition;
      return [{ name, state, before: before.state, value, threshold, description, reason }];
    });
  }
}
