export type { ScriptClient } from './run.ts';
export * from './control.ts';
export * from './erase.ts';
export * from './line.ts';
export * from './look.ts';
export * from './operation.ts';
export * from './resolve.ts';
export * from './site.ts';
export * from './slot.ts';
