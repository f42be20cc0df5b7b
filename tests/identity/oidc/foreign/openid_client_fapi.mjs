// npm's openid-client as a service of profile fapi2: pushed requests, private_key_jwt and DPoP; with
// `signed` also request objects and signed answers (FAPI 2.0 Message Signing). Orders come on
// standard input, answers go to standard output, one JSON line each. At last it hears of the sign-out
// (back channel), whose token `jose` verifies, which openid-client itself stands on.
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import * as client from 'openid-client';

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const read = async () => JSON.parse((await lines.next()).value);
const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);

const order = await read();
const told = new Promise((resolve) => {
  createServer(async (request, response) => {
    let body = '';
    for await (const piece of request) body += piece;
    response.writeHead(200).end();
    resolve(Object.fromEntries(new URLSearchParams(body)));
  }).listen(order.told_at, '127.0.0.1');
});
const key = await crypto.subtle.importKey(
  'jwk', order.key, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign'],
);
const signer = { key, kid: order.key.kid };
const config = await client.discovery(
  new URL(order.issuer),
  order.client_id,
  {
    id_token_signed_response_alg: order.id_token_alg,
    ...(order.signed ? { authorization_signed_response_alg: 'ES256' } : {}),
  },
  client.PrivateKeyJwt(signer),
  { execute: [client.allowInsecureRequests] },
);
client.allowInsecureRequests(config);
client.enableNonRepudiationChecks(config);
if (order.signed) client.useJwtResponseMode(config);

const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'));
const verifier = client.randomPKCECodeVerifier();
const state = client.randomState();
const nonce = client.randomNonce();
let parameters = {
  redirect_uri: order.redirect_uri,
  scope: order.scope,
  code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: 'S256',
  state,
  nonce,
};
if (order.signed) {
  const address = await client.buildAuthorizationUrlWithJAR(config, parameters, signer);
  parameters = address.searchParams;
}
const address = await client.buildAuthorizationUrlWithPAR(config, parameters, { DPoP });
say({ address: address.href });

const { callback } = await read();
const tokens = await client.authorizationCodeGrant(
  config,
  new URL(callback),
  { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true },
  undefined,
  { DPoP },
);
const claims = tokens.claims();
const userinfo = await client.fetchUserInfo(config, tokens.access_token, claims.sub, { DPoP });
const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP });
const inspected = await client.tokenIntrospection(config, refreshed.access_token);
await client.tokenRevocation(config, tokens.refresh_token);
const after = await client.tokenIntrospection(config, refreshed.access_token);
say({
  claims,
  userinfo,
  parameters: [...new URL(callback).searchParams.keys()],
  token_type: tokens.token_type,
  rotated: refreshed.refresh_token !== undefined,
  inspected,
  after,
  id_token: tokens.id_token,
});
const { logout_token } = await told;
const { payload, protectedHeader } = await jwtVerify(
  logout_token,
  createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri)),
  {
    issuer: config.serverMetadata().issuer,
    audience: order.client_id,
    typ: 'logout+jwt',
    algorithms: [order.id_token_alg],
    requiredClaims: ['iat', 'exp', 'jti', 'sub', 'sid', 'events'],
  },
);
say({ told: payload, typ: protectedHeader.typ });
