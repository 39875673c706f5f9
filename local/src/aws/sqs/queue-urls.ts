import { ACCOUNT_ID } from './engine.ts';
import { queueDoesNotExist } from './errors.ts';

/** Queue URLs: `http://127.0.0.1:PORT/000000000000/NAME`. */
export class QueueUrls {
  #origin = '';

  /** Set once the server knows its port. */
  set origin(origin: string) {
    this.#origin = origin;
  }

  of(queueName: string): string {
    return `${this.#origin}/${ACCOUNT_ID}/${queueName}`;
  }

  /**
   * The name in a queue URL. The host is not compared: the request has already arrived here.
   * @throws QueueDoesNotExist for what isn't a URL of a queue of this account
   */
  nameIn(queueUrl: string): string {
    const path = URL.parse(queueUrl)?.pathname ?? '';
    const [, account, name, ...rest] = path.split('/');
    if (account !== ACCOUNT_ID || name === undefined || name === '' || rest.length > 0)
      throw queueDoesNotExist();
    return name;
  }
}
