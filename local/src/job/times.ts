export * from '@huntaze/core/times';
