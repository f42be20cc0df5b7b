// Serves npm's oidc-provider for `make bench`: the endpoints that Secure Access is asked for too.
// Usage: node peer.mjs FOLDER PORT CODES SESSIONS DATABASE — DATABASE is the path of an SQLite file or the
// address of a PostgreSQL database; writes FOLDER/ready.json before it listens.
import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { exportJWK, generateKeyPair } from 'jose';
import Provider from 'oidc-provider';


const [folder, database] = [process.argv[2], process.argv[6]];
const [port, codes, sessions] = process.argv.slice(3, 6).map(Number);
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

// A browser in which a person has signed in and agreed, as the provider's cookie names it.
async function session(number) {
  const accountId = `person-${number}`;
  const grant = new provider.Grant({ accountId, clientId: client.client_id });
  grant.addOIDCScope(scope);
  const grantId = await grant.save();
  const made = new provider.Session({
    accountId, loginTs: Math.floor(Date.now() / 1000), amr: ['pwd', 'otp'],
    authorizations: { [client.client_id]: { sid: `session-${number}`, grantId } },
  });
  await made.save(86400);
  return made.id;
}

const made = [];
for (let number = 0; number < codes; number += 1) made.push(await code(number));
const signedIn = [];
for (let number = 0; number < sessions; number += 1) signedIn.push(await session(number));

writeFileSync(join(folder, 'ready.json'), JSON.stringify({ ...client, redirect_uri: redirect, verifier, codes: made, cookie: provider.cookieName('session'), sessions: signedIn }));
provider.listen(port, '127.0.0.1');
