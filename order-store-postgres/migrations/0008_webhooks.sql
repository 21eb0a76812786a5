-- Who wants which events, and where. `events` lists names, families and `*`; `secrets` is what requests
-- are signed with, so it cannot be a hash. `next_at` says from when on somebody may be given it: it is the
-- lease of whoever delivers, and the rest of an endpoint that fails.
CREATE TABLE order_store.order_webhook (
    id              text COLLATE "C" PRIMARY KEY CHECK (id <> '' AND length(id) <= 200),
    url             text NOT NULL CHECK (url <> '' AND length(url) <= 2000),
    events          text NOT NULL,
    description     text,
    secrets         text NOT NULL,
    disabled_since  bigint,
    disabled_reason text,
    failing_since   bigint,
    next_at         bigint NOT NULL,
    version         bigint NOT NULL CHECK (version > 0),
    created_at      bigint NOT NULL,
    updated_at      bigint NOT NULL,
    CONSTRAINT disabled_for_a_reason CHECK ((disabled_since IS NULL) = (disabled_reason IS NULL))
);

-- An event on its way to an endpoint. The event itself stays where it is. Of one subscription and one
-- order only the first that is pending has a `next_at`; the others wait for it.
CREATE TABLE order_store.order_webhook_delivery (
    subscription_id text COLLATE "C" NOT NULL,
    position        bigint NOT NULL CHECK (position > 0),
    order_id        text COLLATE "C" NOT NULL,
    version         bigint NOT NULL CHECK (version > 0),
    ordinal         integer NOT NULL CHECK (ordinal >= 0),
    kind            text NOT NULL,
    state           text COLLATE "C" NOT NULL CHECK (state IN ('pending', 'delivered', 'failed')),
    tries           bigint NOT NULL DEFAULT 0 CHECK (tries >= 0),
    next_at         bigint,
    attempts        text NOT NULL DEFAULT '[]',
    created_at      bigint NOT NULL,
    PRIMARY KEY (subscription_id, position),
    CONSTRAINT only_what_is_pending_is_due CHECK (next_at IS NULL OR state = 'pending')
);

CREATE INDEX order_webhook_delivery_due
    ON order_store.order_webhook_delivery (subscription_id, next_at, position)
    WHERE next_at IS NOT NULL;
CREATE INDEX order_webhook_delivery_line
    ON order_store.order_webhook_delivery (subscription_id, order_id, position)
    WHERE state = 'pending';
CREATE INDEX order_webhook_delivery_by_state
    ON order_store.order_webhook_delivery (subscription_id, state, position);
CREATE INDEX order_webhook_delivery_by_age ON order_store.order_webhook_delivery (created_at);

-- Whoever changes lines (a line is what is pending of one subscription and one order) has them alone: two
-- who change one at once, each without seeing what the other does, would leave it waiting for ever. Not the
-- rows of the subscriptions are locked, so that who claims one need not pass it over.
CREATE FUNCTION order_store.order_webhook_lock(ids text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('order_store.order_webhook ' || k.id, 0))
    FROM (SELECT DISTINCT unnest(ids) AS id ORDER BY 1) k;
END $$;

-- Lets the first pending event of each line be due, and no other.
CREATE FUNCTION order_store.order_webhook_align(line_ids text[], line_orders text[], moment bigint)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE order_store.order_webhook_delivery d
    SET next_at = CASE WHEN d.next_at IS NULL THEN moment END
    FROM (
        SELECT p.subscription_id, p.order_id, min(p.position) AS position
        FROM (SELECT DISTINCT * FROM unnest(line_ids, line_orders)) AS k (subscription_id, order_id)
        JOIN order_store.order_webhook_delivery p ON p.subscription_id = k.subscription_id
            AND p.order_id = k.order_id AND p.state = 'pending'
        GROUP BY p.subscription_id, p.order_id
    ) head
    WHERE d.subscription_id = head.subscription_id AND d.order_id = head.order_id
        AND d.state = 'pending' AND (d.next_at IS NULL) = (d.position = head.position);
END $$;

-- Makes deliveries: those that are there already stay as they are, and none is made for a subscription
-- that is not.
CREATE FUNCTION order_store.order_webhook_fan_out(
    new_ids text[], new_positions bigint[], new_orders text[], new_versions bigint[],
    new_ordinals integer[], new_kinds text[], moment bigint
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM order_store.order_webhook_lock(new_ids);
    INSERT INTO order_store.order_webhook_delivery (subscription_id, position, order_id, version,
        ordinal, kind, state, created_at)
    SELECT n.id, n.position, n.order_id, n.version, n.ordinal, n.kind, 'pending', moment
    FROM unnest(new_ids, new_positions, new_orders, new_versions, new_ordinals, new_kinds)
        AS n (id, position, order_id, version, ordinal, kind)
    JOIN order_store.order_webhook w ON w.id = n.id
    ON CONFLICT (subscription_id, position) DO NOTHING;
    PERFORM order_store.order_webhook_align(new_ids, new_orders, moment);
END $$;

-- Says what became of what was due, and gives the subscription back, if the lease is still the present
-- one. Whoever disables it changes it.
CREATE FUNCTION order_store.order_webhook_settle(
    the_id text, lease bigint, rest_until bigint, health text, since bigint, reason text,
    moment bigint, its_positions bigint[], its_states text[], its_times bigint[], its_tries bigint[],
    its_attempts text[]
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    lines text[];
BEGIN
    PERFORM order_store.order_webhook_lock(ARRAY[the_id]);
    UPDATE order_store.order_webhook w SET next_at = rest_until,
        failing_since = CASE health WHEN 'works' THEN NULL
            WHEN 'fails' THEN coalesce(w.failing_since, since) ELSE w.failing_since END,
        version = w.version + CASE WHEN health = 'disabled' AND w.disabled_since IS NULL
            THEN 1 ELSE 0 END,
        updated_at = CASE WHEN health = 'disabled' AND w.disabled_since IS NULL
            THEN since ELSE w.updated_at END,
        disabled_reason = CASE WHEN health = 'disabled'
            THEN coalesce(w.disabled_reason, reason) ELSE w.disabled_reason END,
        disabled_since = CASE WHEN health = 'disabled'
            THEN coalesce(w.disabled_since, since) ELSE w.disabled_since END
    WHERE w.id = the_id AND w.next_at = lease;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    WITH settled AS (
        UPDATE order_store.order_webhook_delivery d
        SET state = s.state, next_at = s.next_at, tries = s.tries, attempts = s.attempts
        FROM unnest(its_positions, its_states, its_times, its_tries, its_attempts)
            AS s (position, state, next_at, tries, attempts)
        WHERE d.subscription_id = the_id AND d.position = s.position AND d.state = 'pending'
        RETURNING d.order_id
    )
    SELECT array_agg(order_id) INTO lines FROM settled;
    PERFORM order_store.order_webhook_align(
        array_fill(the_id, ARRAY[coalesce(cardinality(lines), 0)]), lines, moment);
    RETURN true;
END $$;

-- Has deliveries sent once more: one, or those that failed and were made from then on.
CREATE FUNCTION order_store.order_webhook_replay(
    the_id text, one bigint, since bigint, count_max bigint, moment bigint
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    lines text[];
BEGIN
    PERFORM order_store.order_webhook_lock(ARRAY[the_id]);
    WITH chosen AS (
        SELECT d.position FROM order_store.order_webhook_delivery d
        WHERE d.subscription_id = the_id AND d.position = one
        UNION ALL
        (SELECT d.position FROM order_store.order_webhook_delivery d
        WHERE one IS NULL AND d.subscription_id = the_id AND d.state = 'failed'
            AND d.created_at >= since
        ORDER BY d.position LIMIT count_max)
    ), replayed AS (
        UPDATE order_store.order_webhook_delivery d SET state = 'pending', next_at = NULL, tries = 0
        FROM chosen WHERE d.subscription_id = the_id AND d.position = chosen.position
        RETURNING d.order_id
    )
    SELECT array_agg(order_id) INTO lines FROM replayed;
    PERFORM order_store.order_webhook_align(
        array_fill(the_id, ARRAY[coalesce(cardinality(lines), 0)]), lines, moment);
    RETURN coalesce(cardinality(lines), 0);
END $$;

-- Forgets what is old, and what belongs to subscriptions that are no more: of those, only their ids are
-- walked through.
CREATE FUNCTION order_store.order_webhook_forget(before bigint, count_max bigint, moment bigint)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    ids text[];
    orders text[];
BEGIN
    PERFORM order_store.order_webhook_lock(array_agg(w.id)) FROM order_store.order_webhook w;
    WITH RECURSIVE known (id) AS (
        SELECT min(d.subscription_id) FROM order_store.order_webhook_delivery d
        UNION ALL
        SELECT (SELECT min(d.subscription_id) FROM order_store.order_webhook_delivery d
            WHERE d.subscription_id > known.id)
        FROM known WHERE known.id IS NOT NULL
    ), chosen AS (
        (SELECT d.subscription_id, d.position FROM order_store.order_webhook_delivery d
        WHERE d.created_at < before ORDER BY d.created_at LIMIT count_max)
        UNION
        (SELECT d.subscription_id, d.position FROM known
            JOIN order_store.order_webhook_delivery d ON d.subscription_id = known.id
        WHERE NOT EXISTS (SELECT 1 FROM order_store.order_webhook w WHERE w.id = known.id)
        LIMIT count_max)
    ), gone AS (
        DELETE FROM order_store.order_webhook_delivery d
        USING (SELECT * FROM chosen LIMIT count_max) c
        WHERE d.subscription_id = c.subscription_id AND d.position = c.position
        RETURNING d.subscription_id, d.order_id
    )
    SELECT array_agg(subscription_id), array_agg(order_id) INTO ids, orders FROM gone;
    PERFORM order_store.order_webhook_align(ids, orders, moment);
    RETURN coalesce(cardinality(ids), 0);
END $$;
