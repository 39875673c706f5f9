import { sendNothing, sendXml, tellVersion, type Handler } from './context.ts';
import { objectAsked } from './get-object.ts';
import { readTagging, writeTagging } from './tags.ts';
import { readDocument } from './upload.ts';
import { xmlDocument } from './xml.ts';
import { parseXml } from './xml-reader.ts';

export const getObjectTagging: Handler = (context, request, response) => {
  const object = objectAsked(context, request);
  tellVersion(context, request, response, object.version);
  sendXml(response, xmlDocument('Tagging', writeTagging(object.tags)));
};

export const putObjectTagging: Handler = async (context, request, response) => {
  const tags = readTagging(parseXml(await readDocument(request), 'Tagging'));
  const object = objectAsked(context, request);
  context.store.setTags(request.bucket, object, tags);
  tellVersion(context, request, response, object.version);
  sendNothing(response);
};

export const deleteObjectTagging: Handler = (context, request, response) => {
  const object = objectAsked(context, request);
  context.store.setTags(request.bucket, object, new Map());
  tellVersion(context, request, response, object.version);
  sendNothing(response, 204);
};
