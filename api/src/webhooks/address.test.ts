import { expect, test } from 'vitest';
import { faultOf, isLoopback, isPublic } from './address.ts';

test.each([
  '1.1.1.1',
  '8.8.8.8',
  '9.255.255.255',
  '11.0.0.0',
  '100.63.255.255',
  '100.128.0.0',
  '172.15.255.255',
  '172.32.0.0',
  '192.167.255.255',
  '223.255.255.255',
  '2606:4700:4700::1111',
  '2a00:1450:4001:80b::200e',
])('%s is public', address => expect(isPublic(address)).toBe(true));

test.each([
  ['this network', '0.0.0.0'],
  ['private', '10.0.0.7'],
  ['private', '172.16.0.1'],
  ['private', '172.31.255.255'],
  ['private', '192.168.1.1'],
  ['shared', '100.64.0.1'],
  ['loopback', '127.0.0.1'],
  ['loopback', '127.255.255.254'],
  ['metadata', '169.254.169.254'],
  ['a task’s metadata', '169.254.170.2'],
  ['protocols', '192.0.0.8'],
  ['documentation', '192.0.2.1'],
  ['documentation', '198.51.100.1'],
  ['documentation', '203.0.113.1'],
  ['6to4 relays', '192.88.99.1'],
  ['benchmarks', '198.19.0.1'],
  ['multicast', '224.0.0.1'],
  ['reserved', '240.0.0.1'],
  ['broadcast', '255.255.255.255'],
  ['unspecified', '::'],
  ['loopback', '::1'],
  ['mapped loopback', '::ffff:127.0.0.1'],
  ['mapped metadata', '::ffff:a9fe:a9fe'],
  ['mapped, even if public', '::ffff:8.8.8.8'],
  ['compatible', '::7f00:1'],
  ['NAT64', '64:ff9b::7f00:1'],
  ['unique local', 'fc00::1'],
  ['metadata', 'fd00:ec2::254'],
  ['link-local', 'fe80::1'],
  ['link-local with its zone', 'fe80::1%eth0'],
  ['multicast', 'ff02::1'],
  ['Teredo', '2001:0:53aa:64c::1'],
  ['documentation', '2001:db8::1'],
  ['6to4 of a private one', '2002:a00:1::1'],
  ['documentation', '3fff::1'],
  ['a name', 'app.example'],
  ['nothing', ''],
])('%s: %s is not', (_, address) => expect(isPublic(address)).toBe(false));

test('of loopback addresses only true ones are this machine’s', () => {
  expect(['127.0.0.1', '127.9.9.9', '::1'].map(isLoopback)).toEqual([true, true, true]);
  expect(['128.0.0.1', '::2', '::ffff:127.0.0.1', 'localhost', ''].filter(isLoopback)).toEqual([]);
});

const HTTPS = 'must begin with https://';
const PORT = 'must be at port 443: the API reaches nothing else outside';
const OUTSIDE = 'must lead to the public Internet';
const NO_USER = 'must not have a user or password';
test.each<[string, string | undefined, string | undefined]>([
  // address, fault, fault on a local installation
  ['https://app.example/hooks?a=b', undefined, undefined],
  ['https://app.example:443/', undefined, undefined],
  [`https://app.example/${'x'.repeat(1_980)}`, undefined, undefined],
  [`https://app.example/${'x'.repeat(1_981)}`, ...both('must have at most 2000 characters')],
  ['app.example', ...both('must be an address like https://app.example/hooks')],
  ['http://app.example/', ...both(HTTPS)],
  ['file:///etc/passwd', ...both(HTTPS)],
  ['https://ada@app.example/', ...both(NO_USER)],
  ['https://ada:pw@app.example/', ...both(NO_USER)],
  ['https://app.example/#', ...both('must not have a fragment (#…)')],
  ['https://app.example/#top', ...both('must not have a fragment (#…)')],
  ['https://app.example:8443/', ...both(PORT)],
  ['https://10.0.0.7/', ...both(OUTSIDE)],
  ['https://169.254.169.254/latest/meta-data', ...both(OUTSIDE)],
  ['https://[fd00:ec2::254]/', ...both(OUTSIDE)],
  ['https://[::ffff:10.0.0.7]/', ...both(OUTSIDE)],
  ['https://localhost/', OUTSIDE, undefined],
  ['https://127.0.0.1/', OUTSIDE, undefined],
  // In other writings.
  ['https://2130706433/', OUTSIDE, undefined],
  ['https://0x7f.1/', OUTSIDE, undefined],
  ['https://[::1]/', OUTSIDE, undefined],
  ['http://127.0.0.1:8080/hooks', HTTPS, undefined],
  ['http://localhost:8080/hooks', HTTPS, undefined],
  ['http://[::1]:8080/hooks', HTTPS, undefined],
  ['http://192.168.1.1/', ...both(HTTPS)],
  ['ftp://localhost/', ...both(HTTPS)],
])('the address %s', (address, fault, faultHere) => {
  expect([faultOf(address, false), faultOf(address, true)]).toEqual([fault, faultHere]);
});

function both(fault: string): [string, string] {
  return [fault, fault];
}
