// oidc-provider's storage on PostgreSQL: one pool, prepared statements, the server's durability.
import pg from 'pg';

import { GRANTED, now } from './storage.mjs';

export async function adapters(url) {
  const pool = new pg.Pool({ connectionString: url, max: 8 });
  await pool.query(`
    CREATE TABLE IF NOT EXISTS model (
      kind text NOT NULL, id text NOT NULL, payload jsonb NOT NULL,
      grant_id text, uid text, expires_at bigint, PRIMARY KEY (kind, id)
    );
    CREATE INDEX IF NOT EXISTS model_grant ON model (grant_id);
    CREATE INDEX IF NOT EXISTS model_uid ON model (kind, uid);
  `);
  const run = (name, text, values) => pool.query({ name, text, values });

  return class {
    constructor(kind) {
      this.kind = kind;
    }

    async upsert(id, payload, lifetime) {
      const grant = GRANTED.has(this.kind) ? (payload.grantId ?? null) : null;
      const end = lifetime ? now() + lifetime : null;
      await run(
        'upsert',
        'INSERT INTO model VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (kind, id) DO UPDATE SET payload = excluded.payload, expires_at = excluded.expires_at',
        [this.kind, id, JSON.stringify(payload), grant, payload.uid ?? null, end],
      );
    }

    async find(id) {
      const { rows: [row] } = await run('find', 'SELECT payload, expires_at FROM model WHERE kind = $1 AND id = $2', [this.kind, id]);
      if (!row || (row.expires_at !== null && Number(row.expires_at) <= now())) return undefined;
      return row.payload;
    }

    async findByUid(uid) {
      const { rows: [row] } = await run('find_by_uid', 'SELECT payload FROM model WHERE kind = $1 AND uid = $2', [this.kind, uid]);
      return row && row.payload;
    }

    async findByUserCode() {
      return undefined;
    }

    async consume(id) {
      await run('consume', "UPDATE model SET payload = jsonb_set(payload, '{consumed}', to_jsonb($1::bigint)) WHERE kind = $2 AND id = $3", [now(), this.kind, id]);
    }

    async destroy(id) {
      await run('destroy', 'DELETE FROM model WHERE kind = $1 AND id = $2', [this.kind, id]);
    }

    async revokeByGrantId(grant) {
      await run('revoke', 'DELETE FROM model WHERE grant_id = $1', [grant]);
    }
  };
}
