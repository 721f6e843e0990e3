import { BlockList, isIP, SocketAddress } from "node:net";
import { normalizeIP } from "@fastify/rate-limit";
import type { FastifyRequest } from "fastify";

/** Reads an entry of X-Forwarded-For, without quotes, brackets, port and zone. @returns undefined if it is no address */
function parseAddress(entry: string): string | undefined {
  const text = entry.replaceAll(/"|%[\w.~-]*/g, "");
  return isIP(text) > 0 ? text : SocketAddress.parse(text)?.address;
}

/**
 * Whether an address is that of a trusted proxy.
 * @param networks addresses and networks, as CIDR
 */
export function trustNetworks(networks: readonly string[]): (entry: string) => boolean {
  const trusted = new BlockList();
  for (const network of networks) {
    const [address = "", prefix] = network.split("/");
    const family = familyOf(address);
    if (prefix === undefined) trusted.addAddress(address, family);
    else trusted.addSubnet(address, Number(prefix), family);
  }
  return (entry) => {
    const address = parseAddress(entry);
    return address !== undefined && trusted.check(address, familyOf(address));
  };
}

/**
 * The client that a request is counted for: its IPv4 address or its IPv6 network of 64 bits, which one customer owns.
 * Where a trusted proxy names no address, as in `unknown`, the proxy is the client.
 */
export function clientOf({ ip, ips = [ip] }: Pick<FastifyRequest, "ip" | "ips">): string {
  const address = ips.map(parseAddress).findLast((each) => each !== undefined);
  return normalizeIP(address ?? ip);
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 6 ? "ipv6" : "ipv4";
}
