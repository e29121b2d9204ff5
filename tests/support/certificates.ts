/** A certificate authority for one test, and what it signed: ca.pem, node.pem, node-key.pem for localhost. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** Whether openssl is here. In CI its absence is an error. */
export function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    if (process.env['CI']) throw new Error('openssl is missing in CI');
    console.warn('skipped: openssl is not installed');
    return false;
  }
}

export function makeCertificates(dir: string): void {
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: dir, stdio: 'ignore' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl('req', '-x509', ...key, '-keyout', 'ca-key.pem', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=test authority');
  openssl('req', ...key, '-keyout', 'node-key.pem', '-out', 'node.csr', '-subj', '/CN=node', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost');
  openssl('x509', '-req', '-in', 'node.csr', '-CA', 'ca.pem', '-CAkey', 'ca-key.pem', '-CAcreateserial', '-out', 'node.pem', '-days', '2', '-copy_extensions', 'copy');
}
export const caFile = (dir: string): string => join(dir, 'ca.pem');
