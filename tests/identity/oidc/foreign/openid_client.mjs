// npm's openid-client against a served provider. Everything that it checks by itself (issuer,
// `iss` in the response, state, nonce, PKCE, signatures through JWKS, at_hash, auth_time) is
// checked on the way. Reads its orders from standard input, answers on standard output, one JSON
// line each: the address to open, then what came of it.
import { createInterface } from 'node:readline';
import * as client from 'openid-client';

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const read = async () => JSON.parse((await lines.next()).value);
const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);

const order = await read();
const execute = order.issuer.startsWith('http:') ? [client.allowInsecureRequests] : [];
const authentication = order.secret
  ? client[order.method === 'client_secret_post' ? 'ClientSecretPost' : 'ClientSecretBasic'](order.secret)
  : client.None();
const config = await client.discovery(
  new URL(order.issuer),
  order.client_id,
  { id_token_signed_response_alg: order.id_token_alg },
  authentication,
  { execute },
);
if (order.issuer.startsWith('http:')) client.allowInsecureRequests(config);
client.enableNonRepudiationChecks(config);

const verifier = client.randomPKCECodeVerifier();
const state = client.randomState();
const nonce = client.randomNonce();
say({
  address: client.buildAuthorizationUrl(config, {
    redirect_uri: order.redirect_uri,
    scope: order.scope,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
    max_age: '3600',
  }).href,
});

const { callback } = await read();
const tokens = await client.authorizationCodeGrant(config, new URL(callback), {
  pkceCodeVerifier: verifier,
  expectedState: state,
  expectedNonce: nonce,
  maxAge: 3600,
  idTokenExpected: true,
});
const claims = tokens.claims();
const userinfo = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token);
const result = { claims, userinfo, refreshed: refreshed.claims(), scope: tokens.scope };
if (order.secret) {
  result.before = await client.tokenIntrospection(config, refreshed.access_token);
  result.own = await client.clientCredentialsGrant(config);
}
await client.tokenRevocation(config, refreshed.refresh_token);
if (order.secret) result.after = await client.tokenIntrospection(config, refreshed.access_token);
try {
  await client.refreshTokenGrant(config, refreshed.refresh_token);
} catch (error) {
  result.refused = error.error;
}
result.goodbye = client.buildEndSessionUrl(config, {
  id_token_hint: refreshed.id_token,
  post_logout_redirect_uri: order.goodbye,
  state: 'bye',
}).href;
say(result);
