import { BlockList, isIP } from 'node:net';

/**
 * IPv4 that isn't somebody's on the public Internet: private, loopback, link-local (where the cloud's metadata is), shared,
 * documentation, benchmarks, multicast, reserved.
 * https://www.iana.org/assignments/iana-ipv4-special-registry
 */
const NOT_PUBLIC_V4 = subnets('ipv4', [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
]);

/**
 * IPv6 that is: global unicast. All else isn't, so that no list can lack anything: unique-local, link-local, multicast,
 * and IPv4 in the clothes of IPv6 (mapped, NAT64).
 */
const PUBLIC_V6 = subnets('ipv6', ['2000::/3']);
/** But for special ones in there: Teredo and others, documentation, 6to4, which wraps any IPv4. */
const NOT_PUBLIC_V6 = subnets('ipv6', ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']);

const LOOPBACK_V4 = subnets('ipv4', ['127.0.0.0/8']);

function subnets(family: 'ipv4' | 'ipv6', all: string[]): BlockList {
  const list = new BlockList();
  for (const one of all) {
    const [net = '', prefix] = one.split('/');
    list.addSubnet(net, Number(prefix), family);
  }
  return list;
}

/** Whether an IP address is on the public Internet. Of what is no address: no. */
export function isPublic(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !NOT_PUBLIC_V4.check(address, 'ipv4');
    case 6:
      return PUBLIC_V6.check(address, 'ipv6') && !NOT_PUBLIC_V6.check(address, 'ipv6');
    default:
      return false;
  }
}

/** Whether an IP address is this machine's own, and nobody else's. */
export function isLoopback(address: string): boolean {
  return isIP(address) === 4 ? LOOPBACK_V4.check(address, 'ipv4') : address === '::1';
}

/** The longest address of a webhook (characters). */
const MOST_CHARACTERS = 2_000;

/**
 * What is wrong with an address as that of a webhook; undefined: nothing, as far as can be seen. Where its name leads is
 * looked at anew at each delivery.
 * @param toLoopback on a local installation: this machine may be told, by http too
 */
export function faultOf(address: string, toLoopback: boolean): string | undefined {
  if (address.length > MOST_CHARACTERS) return `must have at most ${MOST_CHARACTERS} characters`;
  const url = URL.parse(address);
  if (url === null) return 'must be an address like https://app.example/hooks';
  const host = hostOf(url);
  const isHere = toLoopback && (host === 'localhost' || isLoopback(host));
  if (url.protocol !== 'https:' && !(isHere && url.protocol === 'http:')) return 'must begin with https://';
  if (url.username !== '' || url.password !== '') return 'must not have a user or password';
  if (address.includes('#')) return 'must not have a fragment (#…)';
  if (isHere) return undefined;
  if (url.port !== '') return 'must be at port 443: the API reaches nothing else outside';
  if (host === 'localhost' || (isIP(host) !== 0 && !isPublic(host)))
    return 'must lead to the public Internet';
  return undefined;
}

/** The host of an address, an IPv6 one without its brackets. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}
