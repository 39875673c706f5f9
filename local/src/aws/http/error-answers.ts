import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AwsError } from '../aws-error.ts';
import { xmlDocument } from '../s3/xml.ts';

/** An error's headers and body in AWS JSON. */
export function jsonError(error: AwsError): { headers: Record<string, string>; body: string } {
  const fault = error.status >= 500 ? 'Receiver' : 'Sender';
  return {
    headers: { 'x-amzn-query-error': `${error.code};${fault}` },
    body: JSON.stringify({ __type: error.shape, message: error.message }),
  };
}

/** An error's body in S3's XML. */
export function xmlError(error: AwsError, resource: string | undefined): string {
  return xmlDocument('Error', { Code: error.code, Message: error.message, Resource: resource });
}

/** Answers with an error in the protocol that the request is in: AWS JSON if it has a target, else S3's XML. */
export function answerError(request: IncomingMessage, response: ServerResponse, error: AwsError): void {
  request.resume();
  response.statusCode = error.status;
  if (request.headers['x-amz-target'] === undefined) {
    response.setHeader('content-type', 'application/xml');
    response.end(xmlError(error, request.url));
    return;
  }
  const { headers, body } = jsonError(error);
  if (!response.hasHeader('content-type')) response.setHeader('content-type', 'application/x-amz-json-1.0');
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.end(body);
}
