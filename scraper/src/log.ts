import { Logger } from '@aws-lambda-powertools/logger';

/** Fields of a log line. Never a text, password, cookie or token. */
export type Fields = Record<string, string | number | boolean | undefined>;

/** Where the scraper's log lines go. */
export interface Log {
  info(message: string, fields: Fields): void;
  warn(message: string, fields: Fields): void;
  error(message: string, fields: Fields): void;
}

/** A log whose lines all carry `fields`. */
export function withFields(log: Log, fields: Fields): Log {
  return {
    info: (message, more) => log.info(message, { ...fields, ...more }),
    warn: (message, more) => log.warn(message, { ...fields, ...more }),
    error: (message, more) => log.error(message, { ...fields, ...more }),
  };
}

/** One JSON object a line, on stdout (errors: stderr). */
export function jsonLog(): Log {
  const logger = new Logger({ serviceName: 'scraper' });
  return {
    info: (message, fields) => logger.info(message, fields),
    warn: (message, fields) => logger.warn(message, fields),
    error: (message, fields) => logger.error(message, fields),
  };
}
