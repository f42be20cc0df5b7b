// Serves npm's oidc-provider for `make bench`: the endpoints that Secure Access is asked for too.
// Usage: node peer.mjs FOLDER PORT CODES DATABASE — DATABASE is the path of an SQLite file or the
// address of a PostgreSQL database; writes FOLDER/ready.json before it listens.
import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { exportJWK, generateKeyPair } from 'jose';
import Provider from 'oidc-provider';


const [folder, port, codes, database] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4]), process.argv[5]];
const { adapters } = await import(database.startsWith('postgresql:') ? './postgresql.mjs' : './sqlite.mjs');
const issuer = `http://localhost:${port}`;
const scope = 'openid profile email offline_access';
const redirect = 'https://rp.example/callback';
const client = { client_id: 'bench', client_secret: randomBytes(32).toString('base64url') };
const verifier = randomBytes(32).toString('base64url');
const challenge = createHash('sha256').update(verifier).digest('base64url');

const { privateKey } = await generateKeyPair('ES256', { extractable: true });
const key = { ...(await exportJWK(privateKey)), alg: 'ES256', use: 'sig', kid: 'bench' };

const provider = new Provider(issuer, {
  adapter: await adapters(database),
  clients: [{
    ...client,
    redirect_uris: [redirect],
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
    response_types: ['code'],
    scope,
    token_endpoint_auth_method: 'client_secret_basic',
    id_token_signed_response_alg: 'ES256',
  }],
  jwks: { keys: [key] },
  claims: { openid: ['sub'], profile: ['name', 'given_name', 'family_name', 'updated_at'], email: ['email', 'email_verified'] },
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    introspection: { enabled: true },
    userinfo: { enabled: true },
  },
  findAccount: async (_context, sub) => ({
    accountId: sub,
    claims: async () => ({
      sub, name: 'Ada Byron', given_name: 'Ada', family_name: 'Byron', updated_at: 1767225600,
      email: `${sub}@example.org`, email_verified: true,
    }),
  }),
  issueRefreshToken: async () => true,
  rotateRefreshToken: true,
  ttl: { AccessToken: 300, AuthorizationCode: 3600, ClientCredentials: 300, IdToken: 300, RefreshToken: 86400, Grant: 86400 },
});

const registered = await provider.Client.find(client.client_id);

// A code of a person who has signed in and agreed, as the authorization endpoint would save it.
async function code(number) {
  const accountId = `person-${number}`;
  const grant = new provider.Grant({ accountId, clientId: client.client_id });
  grant.addOIDCScope(scope);
  const grantId = await grant.save();
  const made = new provider.AuthorizationCode({
    accountId, grantId, scope, client: registered, redirectUri: redirect, nonce: 'n-1',
    codeChallenge: challenge, codeChallengeMethod: 'S256', authTime: Math.floor(Date.now() / 1000),
    gty: 'authorization_code', sid: `session-${number}`, expiresWithSession: false,
  });
  return made.save();
}

const made = [];
for (let number = 0; number < codes; number += 1) made.push(await code(number));

writeFileSync(join(folder, 'ready.json'), JSON.stringify({ ...client, redirect_uri: redirect, verifier, codes: made }));
provider.listen(port, '127.0.0.1');
